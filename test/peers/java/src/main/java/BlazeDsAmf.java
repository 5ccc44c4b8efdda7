import flex.messaging.io.ArrayCollection;
import flex.messaging.io.SerializationContext;
import flex.messaging.validators.ClassDeserializationValidator;
import flex.messaging.io.amf.ASObject;
import flex.messaging.io.amf.AbstractAmfInput;
import flex.messaging.io.amf.AbstractAmfOutput;
import flex.messaging.io.amf.Amf0Input;
import flex.messaging.io.amf.Amf0Output;
import flex.messaging.io.amf.Amf3Input;
import flex.messaging.io.amf.Amf3Output;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Map;

/** AMF by BlazeDS. */
public final class BlazeDsAmf extends AmfLines {
    public static void main(String[] arguments) throws Exception {
        new BlazeDsAmf().run(arguments[0]);
    }

    BlazeDsAmf() {
        Values.simple(this);
        both("empty object", () -> object());
        both("object", () -> object("a", 1, "b", "x"));
        both("nested objects", () -> object("o", object("p", object("q", null))));
        both("names of JavaScript", () -> object("constructor", 1, "toString", 2));
        both("unicode name", () -> object("ключ", true));
        both("same object twice", () -> Values.twice(object("a", 1)));
        both("same string often", () -> Values.list("abc", "abc", object("abc", "abc")));
        only3("empty bytes", () -> Values.bytes());
        only3("bytes", () -> Values.bytes(0, 1, 2, 255));
        only3("same bytes twice", () -> Values.twice(Values.bytes(1, 2, 3)));
        only0("XML document", () -> Values.document());
        only3("XML", () -> Values.document());
        only3("ArrayCollection", () -> new ArrayCollection(Values.list(1, "x")));
        only3("same ArrayCollection twice", () -> Values.twice(new ArrayCollection(Values.list(1))));
        only3("ObjectProxy", () -> proxy(object("a", 1, "b", "x")));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object... namesAndValues) {
        ASObject object = new ASObject();
        object.putAll(Values.map(namesAndValues));
        return object;
    }

    private static flex.messaging.io.ObjectProxy proxy(Map<String, Object> members) {
        flex.messaging.io.ObjectProxy proxy = new flex.messaging.io.ObjectProxy();
        proxy.putAll(members);
        return proxy;
    }

    static SerializationContext context() {
        SerializationContext context = new SerializationContext();
        context.allowXml = true;
        // As arrays of Flash and not as ArrayCollections, unless they are some.
        context.legacyCollection = true;
        context.enableSmallMessages = true;
        ClassDeserializationValidator validator = new ClassDeserializationValidator();
        validator.addAllowClassPattern(".*");
        context.setDeserializationValidator(validator);
        SerializationContext.setSerializationContext(context);
        return context;
    }

    @Override
    byte[] encode(Object value, int encoding) throws Exception {
        SerializationContext context = context();
        AbstractAmfOutput output = encoding == 3 ? new Amf3Output(context) : new Amf0Output(context);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        output.setOutputStream(bytes);
        output.writeObject(value);
        output.flush();
        return bytes.toByteArray();
    }

    @Override
    Object decode(byte[] bytes, int encoding) throws Exception {
        SerializationContext context = context();
        AbstractAmfInput input = encoding == 3 ? new Amf3Input(context) : new Amf0Input(context);
        input.setInputStream(new ByteArrayInputStream(bytes));
        return input.readObject();
    }
}

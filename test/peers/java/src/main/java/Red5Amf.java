import org.apache.mina.core.buffer.IoBuffer;
import org.red5.compatibility.flex.messaging.io.ArrayCollection;
import org.red5.io.amf3.ByteArray;
import org.red5.io.object.Deserializer;
import org.red5.io.object.Input;
import org.red5.io.object.Output;
import org.red5.io.object.Serializer;
import org.red5.io.utils.ObjectMap;

/** AMF by Red5. */
public final class Red5Amf extends AmfLines {
    public static void main(String[] arguments) throws Exception {
        new Red5Amf().run(arguments[0]);
    }

    private Red5Amf() {
        Values.simple(this);
        both("names in an array", () -> Values.map("k", 5));
        both("empty object", () -> object());
        both("object", () -> object("a", 1, "b", "x"));
        both("nested objects", () -> object("o", object("p", object("q", null))));
        both("names of JavaScript", () -> object("constructor", 1, "toString", 2));
        both("unicode name", () -> object("ключ", true));
        both("same object twice", () -> Values.twice(object("a", 1)));
        both("same string often", () -> Values.list("abc", "abc", object("abc", "abc")));
        both("cyclic object", () -> cyclicObject());
        only3("empty bytes", () -> bytes());
        only3("bytes", () -> bytes(0, 1, 2, 255));
        only3("same bytes twice", () -> Values.twice(bytes(1, 2, 3)));
        only0("XML document", () -> Values.document());
        only3("XML", () -> Values.document());
        only3("ArrayCollection", () -> new ArrayCollection<>(new Object[] {1, "x"}));
    }

    private static ObjectMap<String, Object> object(Object... namesAndValues) {
        ObjectMap<String, Object> object = new ObjectMap<>();
        object.putAll(Values.map(namesAndValues));
        return object;
    }

    private static ObjectMap<String, Object> cyclicObject() {
        ObjectMap<String, Object> object = object();
        object.put("s", object);
        return object;
    }

    private static ByteArray bytes(int... values) {
        ByteArray array = new ByteArray();
        array.writeBytes(Values.bytes(values));
        array.position(0);
        return array;
    }

    @Override
    byte[] encode(Object value, int encoding) {
        IoBuffer buffer = IoBuffer.allocate(64).setAutoExpand(true);
        Output output = encoding == 3 ? new org.red5.io.amf3.Output(buffer) : new org.red5.io.amf.Output(buffer);
        if (output instanceof org.red5.io.amf3.Output amf3) {
            amf3.enforceAMF3();
        }
        Serializer.serialize(output, value);
        byte[] bytes = new byte[buffer.position()];
        buffer.flip().get(bytes);
        return bytes;
    }

    @Override
    Object decode(byte[] bytes, int encoding) {
        IoBuffer buffer = IoBuffer.wrap(bytes);
        Input input = encoding == 3 ? new org.red5.io.amf3.Input(buffer) : new org.red5.io.amf.Input(buffer);
        if (input instanceof org.red5.io.amf3.Input amf3) {
            amf3.enforceAMF3();
        }
        return Deserializer.deserialize(input, Object.class);
    }
}

import java.util.Date;
import java.util.List;
import java.util.Map;
import org.red5.io.amf3.ByteArray;
import org.red5.io.utils.ObjectMap;
import org.red5.server.adapter.ApplicationAdapter;
import org.red5.server.api.IConnection;
import org.red5.server.api.Red5;
import org.red5.server.api.scope.IScope;
import org.red5.server.api.service.IPendingServiceCall;
import org.red5.server.api.service.IPendingServiceCallback;
import org.red5.server.api.service.IServiceCapableConnection;
import org.red5.server.api.so.ISharedObject;

/** What clients of the Red5 server can call. */
public class Red5Application extends ApplicationAdapter {
    // One for each kind: Red5 finds no method with an Object for a parameter, and mistakes those of one name.
    public Double echoNumber(Double value) {
        return value;
    }

    public String echoText(String value) {
        return value;
    }

    public Boolean echoBoolean(Boolean value) {
        return value;
    }

    public Date echoDate(Date value) {
        return value;
    }

    public Map<?, ?> echoObject(Map<?, ?> value) {
        return value;
    }

    public List<?> echoList(List<?> value) {
        return value;
    }

    public ByteArray echoBytes(ByteArray value) {
        return value;
    }

    public P echoPoint(P value) {
        return value;
    }

    public Object[] both(Map<?, ?> one, Map<?, ?> other) {
        return new Object[] {one, other};
    }

    public double add(double one, double other) {
        return one + other;
    }

    public void nothing() {
    }

    public Object fail() {
        throw new IllegalStateException("on purpose");
    }

    public P point() {
        return new P(1, 2);
    }

    public Map<String, Object> profile(String name) {
        ObjectMap<String, Object> profile = new ObjectMap<>();
        profile.put("name", name);
        profile.put("nick", name);
        profile.put("marks", List.of(1, 2.5, "three"));
        return profile;
    }

    /** Calls the client back before it answers the client's call, with two objects that say the same words. */
    public boolean callMe(String text) {
        IServiceCapableConnection connection = (IServiceCapableConnection) Red5.getConnectionLocal();
        ObjectMap<String, Object> details = new ObjectMap<>();
        details.put("text", text);
        ObjectMap<String, Object> more = new ObjectMap<>();
        more.put("text", text);
        connection.invoke("called", new Object[] {text, details, more}, new Answer());
        return true;
    }

    /** Sets slots of the object from the server, in one go, and sends a message on it. */
    public boolean change(String name) {
        IConnection connection = Red5.getConnectionLocal();
        IScope scope = connection.getScope();
        ISharedObject object = getSharedObject(scope, name, false);
        object.beginUpdate();
        object.setAttribute("server", "red5");
        object.setAttribute("first", profile("ann"));
        object.setAttribute("second", profile("ann"));
        object.setAttribute("list", List.of("a", "b", 3));
        object.removeAttribute("gone");
        object.endUpdate();
        object.sendMessage("announce", List.of("hello", 5));
        return true;
    }

    private static final class Answer implements IPendingServiceCallback {
        @Override
        public void resultReceived(IPendingServiceCall call) {
            Red5Server.say("answer " + call.getResult());
        }
    }
}

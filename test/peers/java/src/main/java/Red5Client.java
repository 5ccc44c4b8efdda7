import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.red5.client.net.rtmp.BaseRTMPClientHandler;
import org.red5.client.net.rtmp.RTMPClient;
import org.red5.client.net.rtmpt.RTMPTClient;
import org.red5.io.amf3.ByteArray;
import org.red5.io.utils.ObjectMap;
import org.red5.server.api.IAttributeStore;
import org.red5.server.api.service.IPendingServiceCallback;
import org.red5.server.api.so.IClientSharedObject;
import org.red5.server.api.so.ISharedObjectBase;
import org.red5.server.api.so.ISharedObjectListener;
import org.red5.server.so.SharedObjectService;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/** Red5's client: port and object encoding are its arguments, and "rtmpt". Tells what comes back, one line each, and ends. */
public final class Red5Client implements ISharedObjectListener {
    private final BaseRTMPClientHandler client;
    private final Deque<Runnable> steps = new ArrayDeque<>();
    private final ExecutorService stepper = Executors.newSingleThreadExecutor();
    private final CountDownLatch done = new CountDownLatch(1);
    private IClientSharedObject room;

    public static void main(String[] arguments) throws Exception {
        Red5Server.quiet();
        ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();
        scheduler.setDaemon(true);
        scheduler.initialize();
        SharedObjectService.setScheduler(scheduler);
        BaseRTMPClientHandler client = arguments.length > 2 ? new RTMPTClient() : new RTMPClient();
        boolean isDone = new Red5Client(client).run(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
        Red5Server.say(isDone ? "done" : "gave up");
        System.exit(isDone ? 0 : 1);
    }

    private Red5Client(BaseRTMPClientHandler client) {
        this.client = client;
    }

    private boolean run(int port, int objectEncoding) throws InterruptedException {
        client.setServiceProvider(this);
        client.setExceptionHandler(error -> Red5Server.say("error " + error));
        addSteps(objectEncoding);
        Map<String, Object> parameters = client.makeDefaultConnectionParams("127.0.0.1", port, "chat");
        parameters.put("objectEncoding", objectEncoding);
        Object[] more = {"guest", new P(5, 6)};
        client.connect("127.0.0.1", port, parameters, told("connect"), more);
        boolean isDone = done.await(30, TimeUnit.SECONDS);
        client.disconnect();
        return isDone;
    }

    private void addSteps(int objectEncoding) {
        call("add", 2, 3);
        call("echo", 0.5);
        call("echo", "hé😀");
        call("echo", object("a", 1, "b", List.of(1, "x", object("c", true))));
        call("echo", new java.util.Date(1_700_000_000_000L));
        call("echo", new P(1, 2));
        if (objectEncoding == 3) {
            ByteArray bytes = new ByteArray();
            bytes.writeBytes(new byte[] {1, 2, 3});
            bytes.position(0);
            call("echo", bytes);
        }
        call("both", object("text", "same"), object("text", "same"));
        call("fail");
        call("missing", 1);
        call("callMe", "hello");
        steps.add(() -> {
            room = client.getSharedObject("room", false);
            room.addSharedObjectListener(this);
            room.connect(client.getConnection());
        });
        steps.add(() -> {
            change(() -> {
                room.setAttribute("topic", "water");
                room.setAttribute("first", object("name", "ann", "nick", "ann"));
                room.setAttribute("second", object("name", "ann", "nick", "ben"));
                room.sendMessage("announce", List.of("from red5", object("x", 1), object("x", 1)));
            });
            change(() -> room.removeAttribute("topic"));
            next();
        });
        call("change", "room");
        // The last step is taken when the call is answered and the last change has come.
        steps.add(() -> { });
        steps.add(done::countDown);
    }

    /** Red5 sends changes only while it is told where they come from, and not while it handles a message on the object. */
    private void change(Runnable changes) {
        synchronized (room) {
            room.beginUpdate(client.getConnection());
            changes.run();
            room.endUpdate();
        }
    }

    private void call(String method, Object... arguments) {
        steps.add(() -> client.invoke(method, arguments, told(method)));
    }

    private IPendingServiceCallback told(String what) {
        return call -> {
            Red5Server.say(what + " " + call.getResult());
            next();
        };
    }

    private void next() {
        // Not where the message is handled: there Red5 holds changes of objects back.
        stepper.execute(() -> {
            Runnable step = steps.poll();
            if (step != null) {
                step.run();
            }
        });
    }

    /** Called by the server. */
    public String called(String text, Map<?, ?> one, Map<?, ?> other) {
        Red5Server.say("called " + text + " " + one + " " + other);
        return "thanks";
    }

    private static ObjectMap<String, Object> object(Object... namesAndValues) {
        ObjectMap<String, Object> object = new ObjectMap<>();
        object.putAll(Values.map(namesAndValues));
        return object;
    }

    @Override
    public void onSharedObjectConnect(ISharedObjectBase object) {
        Red5Server.say("room is open");
        next();
    }

    @Override
    public void onSharedObjectDisconnect(ISharedObjectBase object) {
        Red5Server.say("room is closed");
    }

    @Override
    public void onSharedObjectUpdate(ISharedObjectBase object, String key, Object value) {
        Red5Server.say("room " + key + " is " + value);
        if (key.equals("fourth")) {
            next();
        }
    }

    @Override
    public void onSharedObjectUpdate(ISharedObjectBase object, IAttributeStore values) {
        Red5Server.say("room is " + values.getAttributes());
    }

    @Override
    public void onSharedObjectUpdate(ISharedObjectBase object, Map<String, Object> values) {
        Red5Server.say("room is " + values);
    }

    @Override
    public void onSharedObjectDelete(ISharedObjectBase object, String key) {
        Red5Server.say("room has no " + key);
    }

    @Override
    public void onSharedObjectClear(ISharedObjectBase object) {
        Red5Server.say("room is cleared");
    }

    @Override
    public void onSharedObjectSend(ISharedObjectBase object, String method, List<?> parameters) {
        Red5Server.say("room calls " + method + " " + parameters);
    }
}

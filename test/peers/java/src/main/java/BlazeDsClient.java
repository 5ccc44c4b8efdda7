import flex.messaging.io.amf.client.AMFConnection;
import flex.messaging.io.amf.client.exceptions.ServerStatusException;
import flex.messaging.messages.AsyncMessage;
import flex.messaging.messages.CommandMessage;
import flex.messaging.messages.ErrorMessage;
import flex.messaging.messages.Message;
import flex.messaging.messages.RemotingMessage;
import java.util.List;
import java.util.UUID;

/** BlazeDS's client of AMF over HTTP; the port is its argument. Tells what comes back, one line each, and ends. */
public final class BlazeDsClient {
    private final AMFConnection connection = new AMFConnection();
    private String clientId = "nil";

    public static void main(String[] arguments) throws Exception {
        Red5Server.quiet();
        new BlazeDsClient().run("http://127.0.0.1:" + arguments[0] + "/messagebroker/amf");
        Red5Server.say("done");
    }

    private void run(String url) throws Exception {
        BlazeDsMessages.registerSmall();
        connection.setObjectEncoding(3);
        connection.setInstantiateTypes(true);
        connection.connect(url, BlazeDsAmf.context());
        CommandMessage ping = command(CommandMessage.CLIENT_PING_OPERATION, null);
        ping.setHeader("DSMessagingVersion", 1);
        Message pong = ask("ping", ping);
        clientId = String.valueOf(pong.getHeader("DSId"));
        Red5Server.say("has an id: " + (pong.getHeader("DSId") != null));
        ask("add", remoting("add", 2, 3));
        ask("echo", remoting("echo", Values.map("a", 1, "b", Values.list("x", null, 0.5))));
        ask("echo", remoting("echo", "hé😀"));
        ask("echo", remoting("echo", new P(1, 2)));
        ask("list", remoting("list"));
        ask("fail", remoting("fail"));
        ask("missing", remoting("missing"));
        CommandMessage subscribe = command(CommandMessage.SUBSCRIBE_OPERATION, "chat");
        subscribe.setHeader("DSSubtopic", "room1");
        Message subscribed = ask("subscribe", subscribe);
        AsyncMessage hello = new AsyncMessage();
        hello.setDestination("chat");
        hello.setBody(Values.map("text", "hello"));
        hello.setHeader("DSSubtopic", "room1");
        ask("publish", prepared(hello));
        Message polled = ask("poll", command(CommandMessage.POLL_OPERATION, null));
        for (Object each : elements(polled.getBody())) {
            AsyncMessage heard = (AsyncMessage) each;
            boolean isOurs = subscribed.getClientId().equals(heard.getClientId());
            Red5Server.say("heard " + heard.getBody() + " on " + heard.getHeader("DSSubtopic") + ", for us: " + isOurs);
        }
        // As remoting was before Flex: the service and its method are the target.
        try {
            Red5Server.say("calculator.add " + connection.call("calculator.add", 2, 3));
        } catch (ServerStatusException refusal) {
            Red5Server.say("calculator.add refused");
        }
        connection.close();
    }

    private static List<?> elements(Object body) {
        return body instanceof Object[] array ? List.of(array) : (List<?>) body;
    }

    private Message ask(String what, Message message) throws Exception {
        Object answer;
        try {
            answer = connection.call("null", message);
        } catch (ServerStatusException refusal) {
            answer = refusal.getData();
        }
        String kind = answer.getClass().getSimpleName();
        if (answer instanceof ErrorMessage error) {
            Red5Server.say(what + ": " + kind + " " + error.faultCode + " " + error.faultString);
        } else {
            boolean isCorrelated = answer instanceof AsyncMessage async && message.getMessageId().equals(async.getCorrelationId());
            Object body = ((Message) answer).getBody();
            Red5Server.say(what + ": " + kind + " " + text(body) + (isCorrelated ? "" : ", of no message of ours"));
        }
        return (Message) answer;
    }

    private static String text(Object body) {
        return body instanceof Object[] array ? List.of(array).toString() : String.valueOf(body);
    }

    private CommandMessage command(int operation, String destination) {
        CommandMessage message = new CommandMessage(operation);
        message.setDestination(destination);
        return prepared(message);
    }

    private RemotingMessage remoting(String operation, Object... parameters) {
        RemotingMessage message = new RemotingMessage();
        message.setDestination("calculator");
        message.setOperation(operation);
        message.setParameters(Values.list(parameters));
        return prepared(message);
    }

    private <M extends Message> M prepared(M message) {
        message.setMessageId(UUID.randomUUID().toString().toUpperCase());
        message.setHeader("DSId", clientId);
        message.setHeader("DSEndpoint", "my-amf");
        return message;
    }
}

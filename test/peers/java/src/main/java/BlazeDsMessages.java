import flex.messaging.io.ArrayCollection;
import flex.messaging.io.ClassAliasRegistry;
import flex.messaging.messages.AcknowledgeMessage;
import flex.messaging.messages.AcknowledgeMessageExt;
import flex.messaging.messages.AsyncMessage;
import flex.messaging.messages.AsyncMessageExt;
import flex.messaging.messages.CommandMessage;
import flex.messaging.messages.CommandMessageExt;
import flex.messaging.messages.ErrorMessage;
import flex.messaging.messages.Message;
import flex.messaging.messages.RemotingMessage;
import flex.messaging.messages.SmallMessage;

/** Flex messages by BlazeDS, whole and small, with the values that test/fixtures/blazeds/messages.ts has. */
public final class BlazeDsMessages extends AmfLines {
    private static final String CLIENT_ID = "30313233-3435-3637-3839-3A3B3C3D3E3F";
    private static final String MESSAGE_ID = "10111213-1415-1617-1819-1A1B1C1D1E1F";
    private static final String CORRELATION_ID = "20212223-2425-2627-2829-2A2B2C2D2E2F";
    private final BlazeDsAmf amf = new BlazeDsAmf();

    public static void main(String[] arguments) throws Exception {
        registerSmall();
        new BlazeDsMessages().run(arguments[0]);
    }

    private BlazeDsMessages() {
        only3("async", () -> async());
        only3("async, small", () -> small(async()));
        only3("async, with all", () -> full(async()));
        only3("async, with all, small", () -> small(full(async())));
        only3("acknowledge", () -> acknowledge());
        only3("acknowledge, small", () -> small(acknowledge()));
        only3("ping", () -> command(CommandMessage.CLIENT_PING_OPERATION));
        only3("ping, small", () -> new CommandMessageExt(command(CommandMessage.CLIENT_PING_OPERATION)));
        only3("subscribe", () -> command(CommandMessage.SUBSCRIBE_OPERATION));
        only3("subscribe, small", () -> new CommandMessageExt(command(CommandMessage.SUBSCRIBE_OPERATION)));
        only3("error", () -> error());
        only3("remoting", () -> remoting());
    }

    /** As the message broker does. */
    static void registerSmall() {
        ClassAliasRegistry aliases = ClassAliasRegistry.getRegistry();
        aliases.registerAlias(AsyncMessageExt.CLASS_ALIAS, AsyncMessageExt.class.getName());
        aliases.registerAlias(AcknowledgeMessageExt.CLASS_ALIAS, AcknowledgeMessageExt.class.getName());
        aliases.registerAlias(CommandMessageExt.CLASS_ALIAS, CommandMessageExt.class.getName());
    }

    private static AsyncMessage async() {
        return identified(new AsyncMessage());
    }

    private static <M extends Message> M full(M message) {
        message.setClientId(CLIENT_ID);
        message.setDestination("chat");
        message.setTimestamp(1_000_000_000_000L);
        message.setTimeToLive(5000);
        message.setHeader("DSSubtopic", "room1");
        message.setBody(new ArrayCollection(Values.list("hi", 5)));
        return message;
    }

    private static AcknowledgeMessage acknowledge() {
        AcknowledgeMessage message = full(identified(new AcknowledgeMessage()));
        message.setDestination(null);
        message.setCorrelationId(CORRELATION_ID);
        return message;
    }

    private static CommandMessage command(int operation) {
        CommandMessage message = identified(new CommandMessage(operation));
        message.setHeader("DSId", "nil");
        message.setHeader("DSMessagingVersion", 1);
        return message;
    }

    private static ErrorMessage error() {
        ErrorMessage message = identified(new ErrorMessage());
        message.setCorrelationId(CORRELATION_ID);
        message.faultCode = "Server.Processing";
        message.faultString = "not today";
        message.faultDetail = "in detail";
        message.extendedData = Values.map("more", 1);
        return message;
    }

    private static RemotingMessage remoting() {
        RemotingMessage message = identified(new RemotingMessage());
        message.setDestination("calculator");
        message.setOperation("add");
        message.setSource("Calculator");
        message.setParameters(Values.list(2, 3));
        return message;
    }

    private static <M extends Message> M identified(M message) {
        message.setMessageId(MESSAGE_ID);
        message.setClientId(null);
        message.setTimestamp(0);
        return message;
    }

    private static Message small(SmallMessage message) {
        return message.getSmallMessage();
    }

    @Override
    byte[] encode(Object value, int encoding) throws Exception {
        return amf.encode(value, encoding);
    }

    @Override
    Object decode(byte[] bytes, int encoding) throws Exception {
        return amf.decode(bytes, encoding);
    }
}

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.net.InetSocketAddress;
import org.apache.mina.core.service.IoHandler;
import org.apache.mina.transport.socket.nio.NioSocketAcceptor;
import org.red5.server.scope.WebScope;
import org.slf4j.LoggerFactory;
import org.springframework.context.support.ClassPathXmlApplicationContext;

/** Red5's server with the application "chat" on a free port of this machine, which it tells; runs until it is killed. */
public final class Red5Server {
    public static void main(String[] arguments) throws Exception {
        quiet();
        // Any but its own: the services then come from the context above.
        System.setProperty("red5.deployment.type", "peer");
        ClassPathXmlApplicationContext core = new ClassPathXmlApplicationContext("red5-core.xml");
        String[] application = {"red5-application.xml"};
        ClassPathXmlApplicationContext context = new ClassPathXmlApplicationContext(application, core);
        context.getBean("web.scope", WebScope.class).register();
        NioSocketAcceptor acceptor = new NioSocketAcceptor(2);
        acceptor.getSessionConfig().setTcpNoDelay(true);
        acceptor.setHandler(core.getBean("rtmpMinaIoHandler", IoHandler.class));
        acceptor.bind(new InetSocketAddress("127.0.0.1", 0));
        say("port " + acceptor.getLocalAddress().getPort());
    }

    static void say(String line) {
        System.err.println("# " + line);
    }

    static void quiet() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.toLevel(System.getProperty("level", "warn")));
    }
}

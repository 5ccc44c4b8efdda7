import flex.messaging.MessageBrokerServlet;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/** BlazeDS's message broker on a free port of this machine, which it tells; runs until it is killed. */
public final class BlazeDsServer {
    public static void main(String[] arguments) throws Exception {
        Red5Server.quiet();
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler(ServletContextHandler.SESSIONS);
        context.setResourceBase(BlazeDsServer.class.getResource("/blazeds").toString());
        ServletHolder broker = new ServletHolder(new MessageBrokerServlet());
        broker.setInitParameter("services.configuration.file", "/WEB-INF/flex/services-config.xml");
        broker.setInitOrder(1);
        context.addServlet(broker, "/messagebroker/*");
        server.setHandler(context);
        server.start();
        Red5Server.say("port " + connector.getLocalPort());
    }
}

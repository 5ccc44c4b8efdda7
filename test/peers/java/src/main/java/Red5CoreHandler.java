import org.red5.server.CoreHandler;
import org.red5.server.api.IConnection;
import org.red5.server.api.scope.IScope;

/** Gives each connection a client, as Red5 1.3.17 does by methods that 1.3.37 has not. */
public class Red5CoreHandler extends CoreHandler {
    @Override
    public boolean connect(IConnection connection, IScope scope, Object[] parameters) {
        IScope ofConnection = connection.getScope();
        connection.initialize(ofConnection.getContext().getClientRegistry().newClient(parameters));
        return true;
    }
}

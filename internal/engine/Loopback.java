import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Starts DynamoDB Local on a free port of the address that the first argument is, and prints the port as {"port": n}.
 * Its own main class listens on all interfaces, has no option for that, and refuses port 0.
 *
 * The classes beside it are what runs: a JRE has no compiler. .ci/loopback makes them, and a test compares them.
 *
 * As a handler it refuses what a browser sends: no page of ours calls a table. Guard of internal/loopback is the same for
 * what has pages.
 */
public class Loopback extends Handler.Wrapper {
    public static void main(String[] args) throws Exception {
        DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(java.util.Arrays.copyOfRange(args, 1, args.length));
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        var server = (Server) field.get(proxy);
        var connector = (ServerConnector) server.getConnectors()[0];
        connector.setHost(args[0]);
        connector.setPort(0);
        server.setHandler(new Loopback(server.getHandler(), args[0], connector));
        proxy.start();
        var expiry = new Thread(new Expiry(proxy), "expiry");
        expiry.setDaemon(true);
        expiry.start();
        System.out.println("{\"port\": " + connector.getLocalPort() + "}");
        // Standard input is a pipe held by the parent: its end means that the parent is gone.
        while (System.in.read() >= 0) { }
        System.exit(0);
    }

    private final String address;
    private final ServerConnector connector;

    private Loopback(Handler next, String address, ServerConnector connector) {
        super(next);
        this.address = address;
        this.connector = connector;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        if (!foreign(request)) {
            return super.handle(request, response, callback);
        }
        Response.writeError(request, response, callback, 403);
        return true;
    }

    private boolean foreign(Request request) {
        var headers = request.getHeaders();
        return !(address + ":" + connector.getLocalPort()).equals(headers.get("Host")) || request.getMethod().equals("OPTIONS")
            || headers.contains("Origin") || headers.contains("Sec-Fetch-Site");
    }
}

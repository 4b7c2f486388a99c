import java.lang.reflect.Field;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.dynamodb.services.local.server.AbstractLocalDynamoDBServerHandler;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.shared.access.AmazonDynamoDBLocal;
import software.amazon.dynamodb.services.local.shared.access.LocalDBInputConverter;
import software.amazon.dynamodb.services.local.shared.access.client.LocalDynamoDbClient;
import software.amazon.dynamodb.services.local.shared.access.sqlite.TableSchemaInfo;

/**
 * Expires the items of all tables, with the stream records that DynamoDB Local writes for an expiry. Its own job,
 * TimeToLiveDeletionJob, takes the key of an item to have the keys of all indexes: at an item without one of them it fails, and
 * it never runs again for that table. It also waits for ten seconds after each 20 items.
 */
final class Expiry implements Runnable {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** The sweeps take at most one part in this many of the time. */
    private static final int SHARE = 20;
    private static final int PAGE = 1000;
    /** DynamoDB leaves items alone that expired longer ago. */
    private static final int YEARS = 5;

    private final LocalDynamoDBRequestHandler databases;

    Expiry(DynamoDBProxyServer proxy) throws ReflectiveOperationException {
        var server = read(DynamoDBProxyServer.class, "serverHandler", proxy);
        databases = (LocalDynamoDBRequestHandler) read(AbstractLocalDynamoDBServerHandler.class, "primaryHandler", server);
    }

    private static Object read(Class<?> of, String name, Object from) throws ReflectiveOperationException {
        Field field = of.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(from);
    }

    @Override
    public void run() {
        while (true) {
            var began = Instant.now();
            try {
                sweep();
                var took = Duration.between(began, Instant.now()).multipliedBy(SHARE - 1);
                Thread.sleep(took.compareTo(PAUSE) > 0 ? took.toMillis() : PAUSE.toMillis());
            } catch (InterruptedException | ReflectiveOperationException e) {
                throw new IllegalStateException("expired items stay", e);
            }
        }
    }

    private void sweep() throws ReflectiveOperationException {
        for (var database : databases()) {
            var client = (LocalDynamoDbClient) database.dynamoDbClient();
            for (var table : tables(client).entrySet()) {
                try {
                    sweep(client, table.getKey(), table.getValue());
                } catch (ResourceNotFoundException deleted) {
                    // The table was there a moment ago.
                } catch (RuntimeException e) {
                    e.printStackTrace();
                }
            }
        }
    }

    /** In memory, each access key has a database. */
    @SuppressWarnings("unchecked")
    private List<AmazonDynamoDBLocal> databases() throws ReflectiveOperationException {
        var all = (Map<String, AmazonDynamoDBLocal>) read(LocalDynamoDBRequestHandler.class, "dbRequestHandlers", databases);
        return List.copyOf(all.values());
    }

    private static Map<String, TableSchemaInfo> tables(LocalDynamoDbClient client) {
        synchronized (client.dbAccess) {
            return Map.copyOf(client.dbAccess.fetchAllTablesWithTimeToLiveEnabled());
        }
    }

    private static void sweep(LocalDynamoDbClient client, String table, TableSchemaInfo schema) throws ReflectiveOperationException {
        var converter = (LocalDBInputConverter) read(LocalDynamoDbClient.class, "inputConverter", client);
        var request = expired(table, schema.getTimeToLiveAttributeName());
        Map<String, AttributeValue> last = null;
        do {
            var lock = client.dbAccess.getLockForTable(table).writeLock();
            lock.lock(); // an item may get another expiry between the scan and its deletion
            try {
                var page = client.scan(request.exclusiveStartKey(last).build());
                for (var item : page.items()) {
                    client.dbAccess.deleteRecord(table, converter.externalToInternalAttributes(keyOf(item, schema)), true);
                }
                last = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
            } finally {
                lock.unlock();
            }
        } while (last != null);
    }

    private static ScanRequest.Builder expired(String table, String attribute) {
        var now = Instant.now();
        var first = now.atOffset(ZoneOffset.UTC).minusYears(YEARS).toInstant();
        return ScanRequest.builder().tableName(table).limit(PAGE)
            .filterExpression("#expires BETWEEN :first AND :now")
            .expressionAttributeNames(Map.of("#expires", attribute))
            .expressionAttributeValues(Map.of(":first", seconds(first), ":now", seconds(now)));
    }

    private static AttributeValue seconds(Instant time) {
        return AttributeValue.builder().n(Long.toString(time.getEpochSecond())).build();
    }

    private static Map<String, AttributeValue> keyOf(Map<String, AttributeValue> item, TableSchemaInfo schema) {
        var key = new HashMap<String, AttributeValue>();
        for (var part : new String[] {schema.getHashKeyDefinition().attributeName(), rangeOf(schema)}) {
            if (part != null) {
                key.put(part, item.get(part));
            }
        }
        return key;
    }

    private static String rangeOf(TableSchemaInfo schema) {
        var range = schema.getRangeKeyDefinition();
        return range == null ? null : range.attributeName();
    }
}

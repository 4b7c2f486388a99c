// Removes the records older than an age in seconds from the streams of a running dynoxide, which never does it itself, and
// the traces of deleted items in free parts of its file. Prints {"trimmed": n}.
// Usage: node trim.mjs file age
import { DatabaseSync } from "node:sqlite";

const [file, age] = process.argv.slice(2);
const database = new DatabaseSync(file);

const batch = 1000; // rows a transaction: dynoxide writes in between, and gives up after five seconds
const old = "r.created_at < unixepoch() - ?";
// A stream's numbers go on from the highest that is there. So that record stays, but without its content, and in a
// shard that nobody reads.
const last = "CAST(r.sequence_number AS INTEGER) = (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = r.table_name)";
const unread = "lethe-trimmed";

// lethe_traces has a row from the first removal until the file has been rewritten: if this ends in between, the
// next run takes care of it.
database.exec(`
  PRAGMA busy_timeout = 10000;
  PRAGMA secure_delete = ON;
  CREATE TABLE IF NOT EXISTS lethe_traces (since INTEGER);
`);
const trimmed = trim();
if (database.prepare("SELECT 1 FROM lethe_traces").get()) {
  database.exec("VACUUM");
  emptyLog();
  database.exec("DELETE FROM lethe_traces");
}
database.close();
console.log(JSON.stringify({ trimmed }));

function trim() {
  if (!database.prepare(`SELECT 1 FROM _stream_records AS r WHERE ${old} AND r.shard_id <> '${unread}'`).get(age)) return 0;
  database.exec("INSERT INTO lethe_traces VALUES (unixepoch())");
  let trimmed = database.prepare(`
    UPDATE _stream_records AS r SET shard_id = '${unread}', keys_json = '{}', new_image = NULL, old_image = NULL, user_identity = NULL
    WHERE ${old} AND r.shard_id <> '${unread}' AND ${last}`).run(age).changes;
  const remove = database.prepare(`
    DELETE FROM _stream_records WHERE id IN (SELECT id FROM _stream_records AS r WHERE ${old} AND NOT ${last} LIMIT ${batch})`);
  for (let removed = batch; removed === batch; trimmed += removed) removed = remove.run(age).changes;
  return trimmed;
}

// emptyLog moves the log's content into the file, and truncates the log: otherwise its pages stay.
function emptyLog() {
  const { busy } = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (busy) throw new Error("the log is in use");
}

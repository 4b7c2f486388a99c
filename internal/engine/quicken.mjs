// Adds indexes to the database of a running dynoxide, which keeps the records of streams without any: each write
// looks for the highest sequence number, so that writing n items takes time in proportion to n squared. Reading
// and describing a stream look through all of it, too.
// Usage: node quicken.mjs file
import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(process.argv[2]);
database.exec(`
  PRAGMA busy_timeout = 10000;
  CREATE INDEX IF NOT EXISTS lethe_next_sequence_number
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
  CREATE INDEX IF NOT EXISTS lethe_shard
    ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER), sequence_number);
`);
database.close();

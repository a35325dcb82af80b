//! `SQLite`, which is C: with its log ahead of the data, and with its journal to roll back.

use std::path::Path;

use rusqlite::Connection;
use tumult_sim::Sim;

use super::{Failed, Store, rows, sum, under_faults};

struct Sqlite<const WAL: bool>(Connection);

impl<const WAL: bool> Store for Sqlite<WAL> {
    fn open(folder: &Path) -> Result<Self, Failed> {
        let connection = Connection::open(folder.join("data.sqlite"))?;
        let mode = if WAL { "wal" } else { "delete" };
        let answer: String = connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| row.get(0))?;
        assert_eq!(answer, mode, "the journal is of the kind that was asked for");
        // In what was acknowledged the last commit is included: FULL for the log, and for the journal its folder too.
        connection.pragma_update(None, "synchronous", "EXTRA")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS rows (key INTEGER PRIMARY KEY, value INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS sums (key INTEGER PRIMARY KEY, value INTEGER NOT NULL);",
        )?;
        Ok(Self(connection))
    }

    fn commit(&mut self, n: u64) -> Result<(), Failed> {
        let transaction = self.0.transaction()?;
        for (key, value) in rows(n) {
            transaction.execute("INSERT INTO rows VALUES (?1, ?2)", [key as i64, value as i64])?;
        }
        transaction.execute("INSERT INTO sums VALUES (?1, ?2)", [n as i64, sum(n) as i64])?;
        Ok(transaction.commit()?)
    }

    fn all(&self) -> Result<(Vec<(u64, u64)>, Vec<(u64, u64)>), Failed> {
        let all = |table: &str| -> Result<Vec<(u64, u64)>, Failed> {
            let mut all = self.0.prepare(&format!("SELECT key, value FROM {table} ORDER BY key"))?;
            let rows = all.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        Ok((all("sums")?, all("rows")?))
    }
}

#[tumult_sim::test(seeds = 20, checked)]
fn sqlite_keeps_its_commits_with_a_write_ahead_log(sim: &mut Sim) {
    under_faults::<Sqlite<true>>(sim);
}

#[tumult_sim::test(seeds = 20, checked)]
fn sqlite_keeps_its_commits_with_a_rollback_journal(sim: &mut Sim) {
    under_faults::<Sqlite<false>>(sim);
}

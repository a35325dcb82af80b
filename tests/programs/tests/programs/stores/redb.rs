//! redb.

use std::path::Path;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use tumult_sim::Sim;

use super::{Failed, Store, rows, sum, under_faults};

const ROWS: TableDefinition<'_, u64, u64> = TableDefinition::new("rows");
const SUMS: TableDefinition<'_, u64, u64> = TableDefinition::new("sums");

struct Redb(Database);

impl Store for Redb {
    fn open(folder: &Path) -> Result<Self, Failed> {
        let database = Database::create(folder.join("data.redb"))?;
        let write = database.begin_write()?;
        write.open_table(ROWS)?;
        write.open_table(SUMS)?;
        write.commit()?;
        Ok(Self(database))
    }

    fn commit(&mut self, n: u64) -> Result<(), Failed> {
        let write = self.0.begin_write()?;
        {
            let mut table = write.open_table(ROWS)?;
            for (key, value) in rows(n) {
                table.insert(key, value)?;
            }
            write.open_table(SUMS)?.insert(n, sum(n))?;
        }
        Ok(write.commit()?)
    }

    fn all(&self) -> Result<(Vec<(u64, u64)>, Vec<(u64, u64)>), Failed> {
        let read = self.0.begin_read()?;
        let all = |table| -> Result<Vec<(u64, u64)>, Failed> {
            let table = read.open_table(table)?;
            table.iter()?.map(|row| row.map(|(k, v)| (k.value(), v.value())).map_err(Into::into)).collect()
        };
        Ok((all(SUMS)?, all(ROWS)?))
    }
}

#[tumult_sim::test(seeds = 20, checked)]
fn redb_keeps_its_commits(sim: &mut Sim) {
    under_faults::<Redb>(sim);
}

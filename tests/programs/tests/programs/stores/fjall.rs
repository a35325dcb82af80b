//! fjall, which has threads of its own.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use tumult_sim::Sim;

use super::{Failed, Store, rows, sum, under_faults};

struct Fjall {
    database: Database,
    rows: Keyspace,
    sums: Keyspace,
}

fn all(of: &Keyspace) -> Result<Vec<(u64, u64)>, Failed> {
    let number = |bytes: &[u8]| -> Result<u64, Failed> { Ok(u64::from_be_bytes(bytes.try_into()?)) };
    of.iter()
        .map(|row| {
            let (key, value) = row.into_inner()?;
            Ok((number(&key)?, number(&value)?))
        })
        .collect()
}

impl Store for Fjall {
    fn open(folder: &Path) -> Result<Self, Failed> {
        let database = Database::builder(folder.join("data.fjall")).open()?;
        let rows = database.keyspace("rows", KeyspaceCreateOptions::default)?;
        let sums = database.keyspace("sums", KeyspaceCreateOptions::default)?;
        Ok(Self { database, rows, sums })
    }

    fn commit(&mut self, n: u64) -> Result<(), Failed> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for (key, value) in rows(n) {
            batch.insert(&self.rows, key.to_be_bytes(), value.to_be_bytes());
        }
        batch.insert(&self.sums, n.to_be_bytes(), sum(n).to_be_bytes());
        Ok(batch.commit()?)
    }

    fn all(&self) -> Result<(Vec<(u64, u64)>, Vec<(u64, u64)>), Failed> {
        Ok((all(&self.sums)?, all(&self.rows)?))
    }
}

#[tumult_sim::test(seeds = 20, checked)]
fn fjall_keeps_its_commits(sim: &mut Sim) {
    under_faults::<Fjall>(sim);
}

//! Files of this machine, with the signatures of `tumult_sim::disk`. Not `tokio::fs`: its files write behind the
//! caller's back and give the error to a later call.

#![expect(clippy::unused_async, reason = "the signatures are the simulation's")]

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

pub(crate) use fs::Metadata;

/// An open file.
#[derive(Debug)]
pub(crate) struct File(fs::File);

impl File {
    pub(crate) async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        fs::File::open(path).map(Self)
    }

    pub(crate) async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        fs::File::create(path).map(Self)
    }

    pub(crate) async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }

    pub(crate) async fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        self.0.read_to_end(bytes)
    }

    pub(crate) async fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buf, offset)
    }

    pub(crate) async fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }

    pub(crate) async fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write(data)
    }

    pub(crate) async fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        self.0.write_all(data)
    }

    pub(crate) async fn write_at(&self, data: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(data, offset)
    }

    pub(crate) async fn write_all_at(&self, data: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(data, offset)
    }

    pub(crate) async fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }

    pub(crate) async fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    pub(crate) async fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    pub(crate) async fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    pub(crate) async fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }
}

/// How a file is opened.
#[derive(Debug)]
pub(crate) struct OpenOptions(fs::OpenOptions);

impl OpenOptions {
    pub(crate) fn new() -> Self {
        Self(fs::OpenOptions::new())
    }

    pub(crate) async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.0.open(path).map(File)
    }
}

macro_rules! options {
    ($($name:ident),+) => {
        impl OpenOptions {
            $(pub(crate) fn $name(&mut self, on: bool) -> &mut Self {
                self.0.$name(on);
                self
            })+
        }
    };
}
options!(read, write, append, truncate, create, create_new);

/// An entry of a directory.
#[derive(Debug)]
pub(crate) struct DirEntry(String, Metadata);

impl DirEntry {
    pub(crate) fn file_name(&self) -> &str {
        &self.0
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.1
    }
}

/// Sorted by name, as the simulation's; this machine's come in any order.
pub(crate) async fn read_dir(path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
    let mut entries = vec![];
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        entries.push(DirEntry(entry.file_name().into_string().unwrap(), entry.metadata()?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

pub(crate) async fn sync_dir(path: impl AsRef<Path>) -> io::Result<()> {
    // As one does it on Linux: only a directory may be opened so, and a file is told apart.
    let dir = fs::File::open(&path)?;
    if !dir.metadata()?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    dir.sync_all()
}

macro_rules! calls {
    ($($name:ident($($arg:ident),+) -> $result:ty;)+) => {
        $(pub(crate) async fn $name($($arg: impl AsRef<Path>),+) -> io::Result<$result> {
            fs::$name($($arg),+)
        })+
    };
}
calls! {
    read(path) -> Vec<u8>;
    read_to_string(path) -> String;
    create_dir(path) -> ();
    create_dir_all(path) -> ();
    metadata(path) -> Metadata;
    hard_link(file, name) -> ();
    rename(from, to) -> ();
    remove_file(path) -> ();
    remove_dir(path) -> ();
}

pub(crate) async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    fs::exists(path)
}

pub(crate) async fn write(path: impl AsRef<Path>, data: impl AsRef<[u8]>) -> io::Result<()> {
    fs::write(path, data)
}

//! A disk of a few megabytes for one test: it can be filled and emptied without touching any other.
//!
//! A tmpfs in a mount namespace of its own, held by a process that ends with the test: nothing stays
//! mounted. Who is not root gets a user namespace besides, where the machine gives one.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub struct SmallDisk {
    holder: Child,
    /// Where the disk is for whoever is in its namespace.
    pub folder: TempDir,
    root: bool,
}

impl SmallDisk {
    /// `None` where this machine lets nobody mount anything.
    pub async fn mount(megabytes: u32) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        // Only root reads the folders of root.
        let root = File::open("/root").is_ok();
        let mut unshare = Command::new("unshare");
        unshare.arg("--mount");
        if !root {
            unshare.arg("--map-root-user");
        }
        let mount = r#"mount -t tmpfs -o "size=$1m" koffiekar "$2" && echo mounted && exec cat"#;
        let mut holder = unshare
            .args(["sh", "-c", mount, "sh", &megabytes.to_string()])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(holder.stdout.take()?).lines();
        let mounted = lines.next_line().await.ok()??;
        (mounted == "mounted").then_some(SmallDisk {
            holder,
            folder,
            root,
        })
    }

    /// The same disk, for whoever is outside. Not for SQLite: it follows the link and arrives elsewhere.
    pub fn from_outside(&self) -> PathBuf {
        let holder = self.holder.id().unwrap();
        let inside = self.folder.path().strip_prefix("/").unwrap();
        Path::new("/proc")
            .join(holder.to_string())
            .join("root")
            .join(inside)
    }

    /// A command that becomes this program, in the namespace of the disk.
    pub fn command(&self, program: &Path) -> Command {
        let mut nsenter = Command::new("nsenter");
        nsenter.args([
            "--target",
            &self.holder.id().unwrap().to_string(),
            "--mount",
        ]);
        if !self.root {
            nsenter.args(["--user", "--preserve-credentials"]);
        }
        nsenter.arg("--").arg(program);
        nsenter
    }

    /// Until not one byte more fits.
    pub fn fill(&self) {
        let mut ballast = File::create(self.from_outside().join("ballast")).unwrap();
        while ballast.write_all(&[0; 512]).is_ok() {}
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.from_outside().join("ballast")).unwrap();
    }
}

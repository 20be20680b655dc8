//! One folder with everything that a local bundle has: the buckets, served by the embedded S3, and the lake over
//! them. In go the folder and, perhaps, a folder of uploads; out comes a [`Site`] that nobody else is using.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use ltv_lake::Lake;
use ltv_lake::config::{Config, ConfigError};

use crate::s3::{ACCESS_KEY, EmbeddedS3, SECRET_KEY, StartError};

/// The bucket that people write to.
pub const UPLOADS: &str = "uploads";
/// The bucket that only the bundle writes to.
pub const LAKE: &str = "lake";

/// What a site is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the site; made when absent.
    pub data: PathBuf,
    /// A folder to serve read-only as the uploads bucket, instead of the site's own.
    pub uploads: Option<PathBuf>,
    /// The embedded S3's port; 0 for any free one.
    pub s3_port: u16,
    /// Days ahead to predict, where the caller says so.
    pub horizon: Option<u16>,
}

/// An open site.
#[derive(Debug)]
pub struct Site {
    /// Its folder.
    pub data: PathBuf,
    /// The folder that is served as the uploads bucket, if it is not the site's own.
    pub uploads: Option<PathBuf>,
    /// The running S3.
    pub s3: EmbeddedS3,
    /// The lake over it.
    pub lake: Lake,
    /// Held while the site is open.
    _lock: File,
}

/// Why a site cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// Two processes would not see each other's locks on keys.
    #[error("{} is in use by another ltv; stop it first, or choose another folder with --data", .0.display())]
    InUse(PathBuf),
    /// A file or folder of the site.
    #[error("cannot use {}", .path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Uploads are to be read from something that is no folder.
    #[error("{} is not a folder", .0.display())]
    NoFolder(PathBuf),
    /// The folder of uploads that the site remembers.
    #[error("the uploads were read from {}, which is gone; say where they are now with --uploads", .0.display())]
    UploadsGone(PathBuf),
    /// The embedded S3.
    #[error(transparent)]
    S3(#[from] StartError),
    /// A setting in the environment.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Site {
    /// Opens the site: takes its lock, starts its S3 and connects the lake.
    ///
    /// A folder of uploads is remembered in the site, so that later commands (`reconcile`, the stack) compare the lake
    /// with the same uploads, rather than with none.
    ///
    /// # Errors
    /// [`SiteError`].
    pub async fn open(options: Options) -> Result<Self, SiteError> {
        let data = options.data;
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source| SiteError::Folder { path, source }
        };
        fs::create_dir_all(&data).map_err(at(&data))?;
        let lock = lock(&data)?;

        let remembered = data.join("uploads-folder");
        let uploads = match options.uploads {
            Some(folder) => {
                let folder = fs::canonicalize(&folder).map_err(at(&folder))?;
                if !folder.is_dir() {
                    return Err(SiteError::NoFolder(folder));
                }
                // A name that is not UTF-8 is not remembered, and has to be given each time.
                if let Some(text) = folder.to_str() {
                    fs::write(&remembered, text).map_err(at(&remembered))?;
                }
                Some(folder)
            }
            None => fs::read_to_string(&remembered).ok().map(PathBuf::from),
        };
        let mut read_only = BTreeMap::new();
        let mut buckets = vec![LAKE.to_owned()];
        match &uploads {
            Some(folder) if folder.is_dir() => drop(read_only.insert(UPLOADS.to_owned(), folder.clone())),
            // Training, for one, needs no uploads. An empty bucket instead would look as if all had been removed.
            Some(_) => {}
            None => buckets.push(UPLOADS.to_owned()),
        }
        let root = data.join("s3");
        let s3 = crate::s3::Config { root, port: options.s3_port, buckets, read_only };
        let s3 = EmbeddedS3::start(s3).await?;

        let config = config(options.horizon)?;
        let client = ltv_lake::client::over(s3.http_client(), &s3.endpoint(), ACCESS_KEY, SECRET_KEY);
        let lake = Lake::new(&config, client);
        Ok(Self { data, uploads, s3, lake, _lock: lock })
    }

    /// Makes sure that there are uploads to compare with.
    ///
    /// # Errors
    /// [`SiteError::UploadsGone`].
    pub fn require_uploads(&self) -> Result<(), SiteError> {
        match &self.uploads {
            Some(folder) if !folder.is_dir() => Err(SiteError::UploadsGone(folder.clone())),
            _ => Ok(()),
        }
    }

    /// Stops the S3 and gives the folder free.
    pub async fn close(self) {
        self.s3.stop().await;
    }
}

/// The settings of the environment (`LTV_CURRENCY`, `LTV_MARGIN`, …), with this site's buckets.
fn config(horizon: Option<u16>) -> Result<Config, ConfigError> {
    Config::from_lookup(|name| match (name, horizon) {
        ("LTV_UPLOADS_BUCKET", _) => Some(UPLOADS.to_owned()),
        ("LTV_LAKE_BUCKET", _) => Some(LAKE.to_owned()),
        ("LTV_HORIZON_DAYS", Some(days)) => Some(days.to_string()),
        _ => std::env::var(name).ok(),
    })
}

fn lock(data: &Path) -> Result<File, SiteError> {
    let path = data.join("lock");
    let opened = File::options().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(|source| SiteError::Folder { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SiteError::InUse(data.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(SiteError::Folder { path, source }),
    }
}

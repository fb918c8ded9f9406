//! Files of datastores, whatever they are.
//!
//! They are named as servers name them, `[datastore] dir/file`, or by their place on the host, `/vmfs/volumes/…`.

use tokio::io::{AsyncRead, AsyncWrite};
use virt_core::{CallClass, Connection, Error, Result, Subject};

use super::{call_of, esx};
use crate::driver::DatastoreEntry;

/// What is in a directory of a datastore, or in the datastore itself (`[datastore]`), sorted by name: files and directories
/// (`SearchDatastore_Task`).
///
/// # Errors
/// `Unsupported` for connections of other drivers; `NotFound` when there is no such directory or datastore;
/// `InvalidArgument` where several datastores have the name, or for what is no name.
///
/// # Cancel safety
/// Yes.
pub async fn list_files(connection: &Connection, directory: &str) -> Result<Vec<DatastoreEntry>> {
    let about = about("list_files", directory);
    let driver = esx(connection).map_err(&about)?;
    let call = call_of(driver, "list_files", CallClass::Query);
    driver.list_directory(&call, directory).await.map_err(about)
}

/// Makes a directory in a datastore, and those that it is in (`MakeDirectory`). One that is there already is left as it is.
///
/// # Errors
/// `Unsupported` for connections of other drivers; `Denied` on one that only reads; `NotFound` when there is no such
/// datastore; `InvalidArgument` for what is no name.
///
/// # Cancel safety
/// When dropped, it may have been made.
pub async fn make_directory(connection: &Connection, directory: &str) -> Result<()> {
    let about = about("make_directory", directory);
    let driver = esx(connection).map_err(&about)?;
    let call = call_of(driver, "make_directory", CallClass::Change);
    driver.new_directory(&call, directory).await.map_err(about)
}

/// Deletes a file of a datastore, or a directory with all that is in it (`DeleteDatastoreFile_Task`); of a disk (`….vmdk`)
/// all of its files (`DeleteVirtualDisk_Task`).
///
/// # Errors
/// `Unsupported` for connections of other drivers; `Denied` on one that only reads; `NotFound` when it is not there; `Busy`
/// when a machine uses it; `InvalidArgument` for a whole datastore, and for what is no name.
///
/// # Cancel safety
/// When dropped, it is deleted all the same, or was not yet begun.
pub async fn delete_file(connection: &Connection, file: &str) -> Result<()> {
    let about = about("delete_file", file);
    let driver = esx(connection).map_err(&about)?;
    let call = call_of(driver, "delete_file", CallClass::Bulk);
    driver.delete_any(&call, file).await.map_err(about)
}

/// Writes all that comes from a reader to a file of a datastore, instead of what is there, and says how many bytes that was
/// (`PUT /folder/…`). Its directory has to be there. No more than a few pieces are held here.
///
/// # Errors
/// `Unsupported` for connections of other drivers; `Denied` on one that only reads; `NotFound` when there is no such
/// datastore or directory; `ResourceExhausted` when there is no room; `ConnectionLost`; those of the reader. A file that was not
/// there before is removed then; one that was has lost what was in it.
///
/// # Cancel safety
/// When dropped, the upload is given up: the server keeps what has come.
pub async fn upload_file(
    connection: &Connection,
    file: &str,
    reader: &mut (impl AsyncRead + Unpin + Send + ?Sized),
) -> Result<u64> {
    let about = about("upload_file", file);
    let driver = esx(connection).map_err(&about)?;
    let call = call_of(driver, "upload_file", CallClass::Change);
    driver.write_file(&call, file, reader).await.map_err(about)
}

/// Writes all that is in a file of a datastore to a writer, and says how many bytes that was (`GET /folder/…`). No more than
/// a few pieces are held here.
///
/// # Errors
/// `Unsupported` for connections of other drivers; `Denied` on one that only reads; `NotFound` when it is not there;
/// `ConnectionLost` when it did not come as a whole; those of the writer.
///
/// # Cancel safety
/// When dropped, the download is given up.
pub async fn download_file(
    connection: &Connection,
    file: &str,
    writer: &mut (impl AsyncWrite + Unpin + Send + ?Sized),
) -> Result<u64> {
    let about = about("download_file", file);
    let driver = esx(connection).map_err(&about)?;
    let call = call_of(driver, "download_file", CallClass::Change);
    driver.read_file(&call, file, writer).await.map_err(about)
}

fn about<'a>(operation: &'static str, name: &'a str) -> impl Fn(Error) -> Error + 'a {
    move |error| {
        error
            .with_operation(operation)
            .with_subject(Subject::Path(name.to_owned()))
    }
}

//! Where things are in the inventory: the datacenter that files are named by.

use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::EsxDriver;
use crate::inventory::unescaped;
use crate::property;
use crate::session::is_vcenter;
use crate::vim::ManagedObjectReference;

/// The only datacenter of a host by itself.
const OF_A_HOST: &str = "ha-datacenter";
/// How deep an inventory is.
const DEEPEST: usize = 64;

/// A datacenter.
#[derive(Debug, Clone)]
pub(super) struct Datacenter {
    pub(super) reference: ManagedObjectReference,
    /// Its path: `folder/name`.
    pub(super) path: String,
}

impl EsxDriver {
    /// The datacenter that an object is in.
    pub(super) async fn datacenter_of(
        &self,
        call: &CallContext,
        object: &ManagedObjectReference,
    ) -> Result<Datacenter> {
        let session = &self.server.session;
        if !is_vcenter(session.content()) {
            return Ok(Datacenter {
                reference: ManagedObjectReference::new("Datacenter", OF_A_HOST),
                path: OF_A_HOST.to_owned(),
            });
        }
        let (mut at, mut found, mut names) = (object.clone(), None, Vec::new());
        for _ in 0..DEEPEST {
            let mut read = property::of_object(session, call, &at, &["name", "parent"]).await?;
            let parent = read.remove("parent").and_then(|parent| parent.read().ok());
            if at.kind == "Datacenter" {
                found = Some(at.clone());
            }
            // The root folder has no place in a path.
            let Some(parent) = parent else { break };
            if found.is_some()
                && let Some(name) = read.remove("name")
            {
                names.push(unescaped(&name.text()));
            }
            at = parent;
        }
        names.reverse();
        let reference = found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "the object is in no datacenter")
                .with_subject(Subject::Other(object.to_string()))
        })?;
        Ok(Datacenter {
            reference,
            path: names.join("/"),
        })
    }

    /// The datacenter that the connection is about: the only one there is, where it is about all of the inventory.
    pub(super) async fn datacenter(&self, call: &CallContext) -> Result<Datacenter> {
        let session = &self.server.session;
        if !is_vcenter(session.content()) || self.server.scope != session.content().root_folder {
            return self.datacenter_of(call, &self.server.scope).await;
        }
        let found = self.objects_of_kind(call, "Datacenter", &["name"]).await?;
        match found.as_slice() {
            [one] => self.datacenter_of(call, &one.obj).await,
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "the vCenter has {} datacenters: name one in the URI (vpx://HOST/DATACENTER/…)",
                    found.len()
                ),
            )),
        }
    }
}

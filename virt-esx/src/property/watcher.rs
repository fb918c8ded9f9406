//! Following properties: a collector of our own with one filter, asked what is new since the version we know.

use std::sync::Arc;

use virt_core::xml::Element;
use virt_core::{CallContext, Error, Result};

use super::spec::{Wanted, in_view_of};
use crate::session::{Session, has_ended, said};
use crate::soap::SoapError;
use crate::vim::{
    CreateContainerView, CreateFilter, CreatePropertyCollector, DestroyPropertyCollector, DestroyView,
    ManagedObjectReference, ObjectUpdate, Value as _, WaitForUpdatesEx, WaitOptions,
};

/// How long the server holds back an answer that would say nothing, in seconds.
const PATIENCE: i32 = 60;

/// Follows the objects below one of the inventory.
#[derive(Debug)]
pub(crate) struct Watcher {
    session: Arc<Session>,
    collector: ManagedObjectReference,
    view: ManagedObjectReference,
    /// What we know: of the beginning, nothing.
    version: String,
    /// Whether it has answered: until then it is not waited for what may never come, of a view that shows nothing.
    has_begun: bool,
}

/// Where an answer has what it tells of an object.
const OBJECT: &[&str] = &[
    "Envelope",
    "Body",
    "WaitForUpdatesExResponse",
    "returnval",
    "filterSet",
    "objectSet",
];

/// Why nothing more is told.
#[derive(Debug)]
pub(crate) enum WatchEnd {
    /// The session has ended, and what was made in it is gone with it.
    SessionEnded,
    /// The answer did not come, or was no answer.
    Failed(Error),
}

impl Watcher {
    /// Begins to follow what is below an object of the inventory.
    pub(crate) async fn begin(
        session: &Arc<Session>,
        call: &CallContext,
        container: &ManagedObjectReference,
        wanted: &[Wanted<'_>],
    ) -> Result<Self> {
        let content = session.content();
        let view_manager = content
            .view_manager
            .clone()
            .ok_or_else(|| Error::unsupported("the server knows no views: it is older than vSphere 4"))?;
        let view = CreateContainerView {
            this: view_manager,
            container: container.clone(),
            type_: wanted.iter().map(|wanted| wanted.kind.to_owned()).collect(),
            recursive: true,
        };
        // They are made anew where an answer is lost: the server removes them all with the session.
        let view = session.read(call, &view).await?;
        let make = CreatePropertyCollector {
            this: content.property_collector.clone(),
        };
        let collector = match session.read(call, &make).await {
            Ok(collector) => collector,
            Err(error) => {
                session.clear_up(&DestroyView { this: view }).await;
                return Err(error);
            }
        };
        let filter = CreateFilter {
            this: collector.clone(),
            spec: in_view_of(&view, container, wanted),
            partial_updates: false,
        };
        let watcher = Self {
            session: Arc::clone(session),
            collector,
            view,
            version: String::new(),
            has_begun: false,
        };
        if let Err(error) = session.read(call, &filter).await {
            watcher.end().await;
            return Err(error);
        }
        Ok(watcher)
    }

    /// What is new since the last time: all of it at first. Waits for it, up to a minute. What is new of an object is told
    /// while the rest is still coming, and what was told is so even where it ends in an error. `true` where there is more,
    /// which is to be asked for at once.
    pub(crate) async fn next(
        &mut self,
        tell: &mut (dyn FnMut(ObjectUpdate) + Send),
    ) -> Result<bool, WatchEnd> {
        let options = WaitOptions {
            max_wait_seconds: Some(if self.has_begun { PATIENCE } else { 0 }),
            max_object_updates: None,
        };
        let ask = WaitForUpdatesEx {
            this: self.collector.clone(),
            version: Some(self.version.clone()),
            options: Some(options),
        };
        let mut take = |object: &Element| {
            let update = ObjectUpdate::read(object).map_err(|error| {
                SoapError::Malformed(
                    format!("what is told of an object is not understood: {error}"),
                    None,
                )
            })?;
            tell(update);
            Ok(())
        };
        let set = self.session.wait_in_parts(&ask, OBJECT, &mut take).await;
        let set = set.map_err(|error| self.end_of(error))?;
        self.has_begun = true;
        let Some(set) = set else {
            return Ok(false);
        };
        self.version.clone_from(&set.version);
        Ok(set.truncated.unwrap_or_default())
    }

    fn end_of(&self, error: SoapError) -> WatchEnd {
        if has_ended(&error) {
            WatchEnd::SessionEnded
        } else {
            WatchEnd::Failed(said(error, self.session.host()))
        }
    }

    /// Has the server forget it.
    pub(crate) async fn end(self) {
        let collector = DestroyPropertyCollector { this: self.collector };
        let view = DestroyView { this: self.view };
        futures::future::join(self.session.clear_up(&collector), self.session.clear_up(&view)).await;
    }
}

//! Reading properties once, page after page.

use std::collections::HashMap;

use virt_core::{CallContext, Error, ErrorKind, Result};

use super::spec::of_reference;
use crate::session::Session;
use crate::vim::{
    AnyValue, ContinueRetrievePropertiesEx, ManagedObjectReference, ObjectContent, PropertyFilterSpec,
    RetrieveOptions, RetrievePropertiesEx,
};

/// How many pages an answer may have.
const MOST_PAGES: usize = 10_000;

/// The properties of all objects that a specification names.
pub(crate) async fn of_objects(
    session: &Session,
    call: &CallContext,
    spec: PropertyFilterSpec,
) -> Result<Vec<ObjectContent>> {
    let collector = &session.content().property_collector;
    let ask = RetrievePropertiesEx {
        this: collector.clone(),
        spec_set: vec![spec],
        options: RetrieveOptions::default(),
    };
    let Some(first) = session.read(call, &ask).await? else {
        return Ok(Vec::new());
    };
    let (mut objects, mut token) = (first.objects, first.token);
    for _ in 0..MOST_PAGES {
        let Some(next) = token.filter(|token| !token.is_empty()) else {
            return Ok(objects);
        };
        let ask = ContinueRetrievePropertiesEx {
            this: collector.clone(),
            token: next,
        };
        let page = session.read(call, &ask).await?;
        objects.extend(page.objects);
        token = page.token;
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        "the server's answer has no last page",
    ))
}

/// The properties of one object, by their paths; those that it has not are not there.
pub(crate) async fn of_object(
    session: &Session,
    call: &CallContext,
    object: &ManagedObjectReference,
    paths: &[&str],
) -> Result<HashMap<String, AnyValue>> {
    let objects = of_objects(session, call, of_reference(object, paths)).await?;
    let properties = objects.into_iter().flat_map(|object| object.prop_set);
    Ok(properties.map(|property| (property.name, property.val)).collect())
}

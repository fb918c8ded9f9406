//! What is to be read of which objects.

use crate::vim::{ManagedObjectReference, ObjectSpec, PropertyFilterSpec, PropertySpec, TraversalSpec};

/// The properties that are wanted of all objects of a type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The API's name of the type.
    pub(crate) kind: &'a str,
    /// The paths of the properties.
    pub(crate) paths: &'a [&'a str],
}

impl Wanted<'_> {
    fn spec(&self) -> PropertySpec {
        PropertySpec {
            type_: self.kind.to_owned(),
            all: Some(false),
            path_set: self.paths.iter().map(|path| (*path).to_owned()).collect(),
        }
    }
}

/// Of the objects that a view shows.
pub(crate) fn in_view(view: &ManagedObjectReference, wanted: &[Wanted<'_>]) -> PropertyFilterSpec {
    behind(view, "view", wanted)
}

/// Of the objects that a property of another object refers to.
pub(crate) fn behind(
    object: &ManagedObjectReference,
    path: &str,
    wanted: &[Wanted<'_>],
) -> PropertyFilterSpec {
    let shown = TraversalSpec {
        type_: object.kind.clone(),
        path: path.to_owned(),
        skip: Some(false),
        ..TraversalSpec::default()
    };
    PropertyFilterSpec {
        prop_set: wanted.iter().map(Wanted::spec).collect(),
        object_set: vec![ObjectSpec {
            obj: object.clone(),
            skip: Some(true),
            select_set: vec![shown.into()],
        }],
        report_missing_objects_in_results: None,
    }
}

/// Of the objects that a view shows, and of the one they are in where it is of such a type itself: a view does not show it.
pub(super) fn in_view_of(
    view: &ManagedObjectReference,
    container: &ManagedObjectReference,
    wanted: &[Wanted<'_>],
) -> PropertyFilterSpec {
    let mut spec = in_view(view, wanted);
    if wanted.iter().any(|wanted| wanted.kind == container.kind) {
        spec.object_set.push(ObjectSpec {
            obj: container.clone(),
            ..ObjectSpec::default()
        });
    }
    spec
}

/// Of one object.
pub(crate) fn of_reference(object: &ManagedObjectReference, paths: &[&str]) -> PropertyFilterSpec {
    PropertyFilterSpec {
        prop_set: vec![PropertySpec {
            type_: object.kind.clone(),
            all: Some(false),
            path_set: paths.iter().map(|path| (*path).to_owned()).collect(),
        }],
        object_set: vec![ObjectSpec {
            obj: object.clone(),
            ..ObjectSpec::default()
        }],
        report_missing_objects_in_results: None,
    }
}

/// Of several objects, which may be of several types. One that is gone is left out, and is no fault.
pub(crate) fn of_references(objects: &[ManagedObjectReference], wanted: &[Wanted<'_>]) -> PropertyFilterSpec {
    let of = |object: &ManagedObjectReference| ObjectSpec {
        obj: object.clone(),
        ..ObjectSpec::default()
    };
    PropertyFilterSpec {
        prop_set: wanted.iter().map(Wanted::spec).collect(),
        object_set: objects.iter().map(of).collect(),
        report_missing_objects_in_results: Some(true),
    }
}

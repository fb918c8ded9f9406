//! Changes of configuration: autostart, metadata, lifecycle actions, memory.

use virt_core::domain::{ConfigScope, LifecycleAction, LifecycleEvent, MetadataItem};
use virt_core::event::DomainChange;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{Error, ErrorKind, Outcome, Result};
use virt_manager::document::{self, Kept};
use virt_manager::{OwnerTask as _, transient};

use super::Owner;
use crate::cgroup::{Controller, Hierarchy};

impl Owner {
    pub(super) async fn set_autostart(&mut self, autostart: bool) -> Result<()> {
        self.read_definition_again().await?;
        let present = self.present_definition()?;
        if present.autostart == autostart {
            return Ok(());
        }
        let definition = self.made_of(&present.config, autostart).await?;
        self.save(&definition).await?;
        self.update(|view| view.autostart = autostart);
        Ok(())
    }

    pub(super) async fn set_metadata(&mut self, item: &MetadataItem, scope: ConfigScope) -> Result<()> {
        self.edit(scope, |config| document::set_metadata(config, item))
            .await?;
        self.publish(DomainChange::MetadataChanged);
        Ok(())
    }

    pub(super) async fn set_lifecycle_action(
        &mut self,
        (event, action): (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        document::check_lifecycle_action("a container", event, action)?;
        if action == LifecycleAction::Preserve {
            return Err(Error::unsupported(
                "a container that has ended cannot be preserved: nothing of it is left",
            ));
        }
        self.edit(scope, |config| {
            document::set_lifecycle_action(config, event, action);
            Ok(())
        })
        .await
    }

    pub(super) async fn set_memory(&mut self, size: ByteSize, scope: ConfigScope) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        self.entry.view().check_memory(size, (live, inactive))?;
        if live {
            self.limit_memory(size).await?;
        }
        let edited = self
            .edit(scope, |config| {
                document::set_current_memory(config, size);
                Ok(())
            })
            .await;
        edited.map_err(|error| {
            if live {
                error.with_outcome(Outcome::Unknown)
            } else {
                error
            }
        })?;
        if live {
            self.publish(DomainChange::BalloonChanged {
                actual_bytes: size.as_bytes(),
            });
        }
        Ok(())
    }

    pub(super) async fn set_max_memory(&mut self, size: ByteSize, scope: ConfigScope) -> Result<()> {
        let (live, _) = self.scope(scope)?;
        if live {
            return Err(Error::unsupported(
                "the maximum of a running container's memory cannot be changed: change its memory, or its definition",
            ));
        }
        if size == ByteSize::default() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a container cannot have no memory",
            ));
        }
        self.edit(scope, |config| {
            config.memory.get_or_insert_default().size = size;
            if document::current_memory(config) > size {
                document::set_current_memory(config, size);
            }
            Ok(())
        })
        .await
    }

    /// Limits the memory of the present run.
    async fn limit_memory(&self, size: ByteSize) -> Result<()> {
        let groups = self.manager.groups();
        let key = match self.active()?.run.groups.of(Controller::Memory) {
            Some((Hierarchy::V1, _)) => "memory.limit_in_bytes",
            Some((Hierarchy::V2, _)) => "memory.max",
            None => {
                let why = groups.missing(Controller::Memory);
                return Err(Error::unsupported(why.unwrap_or_else(|| {
                    "the container has no group of the memory controller".to_owned()
                })));
            }
        };
        let bytes = size.as_bytes().to_string();
        self.manager
            .tools
            .set_group_value(&self.name(), key, &bytes)
            .await
    }

    /// Changes the configurations a scope names, on disk and in memory.
    pub(super) async fn edit(
        &mut self,
        scope: ConfigScope,
        change: impl Fn(&mut DomainConfig) -> Result<()>,
    ) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        let changed = |config: &Kept| {
            let mut config = config.config()?;
            change(&mut config).map(|()| config)
        };
        let (present, current) = {
            let view = self.entry.view();
            (view.inactive.clone(), view.live.clone())
        };
        // First everything that may be refused, then what is written.
        let definition = if inactive {
            let config = changed(&present.ok_or_else(transient)?)?;
            let autostart = self.entry.view().autostart;
            Some(self.made_of(&config, autostart).await?)
        } else {
            None
        };
        let after = match current {
            Some(current) if live => Some(Kept::new(&changed(&current)?)),
            Some(current) if inactive => {
                // What runs goes on with what it had.
                Some(current)
            }
            _ => None,
        };
        if let Some(after) = after {
            self.save_live(&after).await?;
            self.update(|view| view.live = Some(after));
        }
        if let Some(definition) = definition {
            self.save(&definition).await?;
            self.update(|view| view.inactive = Some(Kept::new(&definition.config)));
        }
        Ok(())
    }
}

//! Whose path it is.

use std::sync::Arc;

use bumpalo::Bump;

use super::reading::{self, Named};
use crate::model::notebook::{self, Builder};
use crate::model::{Described, EntityUid};
use crate::request::{Fields, Given, Sent};

/// Whose path it is.
#[derive(Debug, Clone)]
pub(super) enum Here {
    Hub,
    Server(Arc<Server>),
    Gateway(EntityUid),
}

/// A server, by whose it is and by its name.
#[derive(Debug)]
pub(super) struct Server {
    owner: Box<str>,
    name: Box<str>,
    pub(super) uid: EntityUid,
}

impl Here {
    pub(super) fn server(owner: &str, name: &str) -> Self {
        let uid = notebook::server(owner, name).described().uid;
        Self::Server(Arc::new(Server { owner: owner.into(), name: name.into(), uid }))
    }

    pub(super) fn gateway(name: &str) -> Self {
        Self::Gateway(notebook::gateway(name).uid())
    }

    pub(super) fn as_server(&self) -> Option<&Server> {
        match self {
            Self::Server(server) => Some(server),
            Self::Hub | Self::Gateway(_) => None,
        }
    }

    /// The names of the owner and of the server.
    pub(super) fn names(&self) -> (&str, &str) {
        self.as_server().map_or(("", ""), |server| (&server.owner, &server.name))
    }

    /// The hub, server or gateway.
    pub(super) fn named(&self) -> Named {
        match self {
            Self::Hub => Named::bare(notebook::hub(HUB_ID)),
            Self::Server(server) => Named::here(server),
            Self::Gateway(uid) => Named::of_uid(uid.clone()),
        }
    }

    /// What lives in the server, and belongs to its owner.
    pub(super) fn inside(&self, builder: impl Builder) -> Named {
        match self {
            Self::Server(_) => Named::inside(builder),
            Self::Hub | Self::Gateway(_) => Named::of(builder),
        }
    }

    pub(super) fn file(&self, path: &str) -> Named {
        let (owner, name) = self.names();
        match path.ends_with(".ipynb") {
            true => self.inside(notebook::notebook(owner, name, path)),
            false => self.inside(notebook::file(owner, name, path)),
        }
    }

    pub(super) fn kernel(&self, id: &str) -> Named {
        self.inside(notebook::kernel(id))
    }
}

impl Server {
    pub(super) fn owner(&self) -> EntityUid {
        notebook::user(&self.owner).uid()
    }

    /// What its path says of it.
    pub(super) fn described(&self) -> Described {
        reading::server(&self.owner, &self.name).described()
    }

    /// The same, borrowed.
    pub(super) fn sent<'a>(&'a self, arena: &'a Bump) -> Sent<'a> {
        let attributes = arena.alloc_slice_copy(&[self.owned(), ("name", Given::Text(&self.name))]);
        Sent { uid: self.parts(), attributes, whole: None }
    }

    /// Of what lives in it, attributes that it has, and whose it is.
    pub(super) fn of_inside<'a>(&'a self, own: Fields<'a>, arena: &'a Bump) -> Fields<'a> {
        let whose = [self.owned(), self.given()];
        let mut attributes = bumpalo::collections::Vec::with_capacity_in(
            own.len().saturating_add(whose.len()),
            arena,
        );
        attributes.extend_from_slice(own);
        attributes.extend_from_slice(&whose);
        attributes.into_bump_slice()
    }

    /// It as a fact.
    pub(super) fn given(&self) -> (&'static str, Given<'_>) {
        ("server", Given::Entity(self.parts()))
    }

    fn owned(&self) -> (&'static str, Given<'_>) {
        ("owner", Given::Entity((notebook::User::TYPE, &self.owner)))
    }

    fn parts(&self) -> (&'static str, &str) {
        (notebook::Server::TYPE, self.uid.id().unescaped())
    }
}

/// There is one hub.
pub(super) const HUB_ID: &str = "main";

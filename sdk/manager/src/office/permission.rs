//! What an actor may do at a property: every use case asks here, and nowhere else.

use std::collections::BTreeSet;

use thumbturn_protocol::ids::HolderId;

use crate::ids::KeyId;

/// What a manager may do with Keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyManagement {
    /// Nothing.
    #[default]
    None,
    /// Give and revoke these Keys, and report on them.
    Specific(BTreeSet<KeyId>),
    /// Give and revoke all Keys, also those made later. No reports.
    Limited,
    /// The same, and make, change and delete Keys, doors' places in them and units; all reports.
    Full,
}

/// What a manager may do at one property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// With Keys.
    pub keys: KeyManagement,
    /// See what devices say of themselves, and update doors.
    pub manages_devices: bool,
    /// Install and uninstall devices: apart, and off unless given.
    pub installs_devices: bool,
}

/// Who an actor is at a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The host itself.
    Host,
    /// A Portfolio Manager: everything but what is somebody's own, who may be a holder of Keys as well.
    PortfolioManager(Option<HolderId>),
    /// A Property Manager, who may be a holder of Keys as well.
    Manager(Permissions, Option<HolderId>),
    /// Somebody who holds a Key, or did.
    Holder(HolderId),
    /// Nobody here.
    Stranger,
}

/// What a use case needs. An app asks before it shows a button; the use case asks again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// To be Portfolio Manager.
    Portfolio,
    /// To manage Keys, doors and units: Full Key Management.
    FullKeys,
    /// To give and revoke at least one Key.
    SomeKeys,
    /// To give and revoke these Keys.
    Keys(BTreeSet<KeyId>),
    /// To see reports.
    Reports,
    /// To update doors.
    Devices,
    /// To install and uninstall devices.
    Installer,
    /// To manage the property, or to hold or have held a Key of it: whoever may carry something.
    Belonging,
    /// To be this person.
    Oneself(HolderId),
    /// To be this person, or to give and revoke at least one Key.
    SelfOrSomeKeys(HolderId),
}

/// It is not for this actor to do. Nothing was changed, and the audit log says that it was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotPermitted {
    /// Only a Portfolio Manager may.
    #[error("only a Portfolio Manager can do this: ask one")]
    NotPortfolioManager,
    /// It needs a permission that the actor does not have.
    #[error("this needs Key Management permission on this property: ask a Portfolio Manager to add it")]
    NoKeyManagement,
    /// It needs Full Key Management.
    #[error("this needs Full Key Management on this property: ask a Portfolio Manager to add it")]
    NotFullKeyManagement,
    /// It is about a Key that the actor does not manage.
    #[error("you manage some Keys of this property, and not all of these: ask a Portfolio Manager")]
    OtherKeys,
    /// It needs device management.
    #[error("this needs device management on this property: ask a Portfolio Manager to add it")]
    NoDeviceManagement,
    /// It is somebody's own: a phone, a doorcode.
    #[error("only the person can do this: sign in with the person's own account")]
    SomebodyElse,
    /// The card of somebody who has access outside the portfolio of the property.
    #[error(
        "this person has access outside your portfolio: only the person can activate or deactivate the card, in the app"
    )]
    OutsidePortfolio,
    /// The account is also one outside the portfolio of the property, and an account is one everywhere.
    #[error(
        "this person's account is also used outside your portfolio: only the person can change its address, in the app"
    )]
    AccountElsewhere,
    /// What somebody did is shown to that person, and to nobody in the person's stead.
    #[error("this is shown to the person alone: look at the activity of your doors instead")]
    OthersActivity,
    /// A doorcode is its holder's alone.
    #[error(
        "doorcodes are shown to those whose they are, and to nobody else: the person can look it up in the app"
    )]
    OthersSecret,
    /// The actor is nobody at this property, or there is no such property.
    #[error("you have nothing to do with this property: sign in with the account that manages it")]
    Stranger,
}

impl Standing {
    /// Whether that is enough.
    pub(crate) fn permits(&self, need: &Need) -> Result<(), NotPermitted> {
        match self {
            Self::Host => Ok(()),
            Self::PortfolioManager(holder) => match need {
                Need::Oneself(wanted) if *holder != Some(*wanted) => Err(NotPermitted::SomebodyElse),
                _ => Ok(()),
            },
            Self::Manager(permissions, holder) => permits(permissions, *holder, need),
            Self::Holder(holder) => match need {
                Need::Belonging => Ok(()),
                Need::Oneself(wanted) | Need::SelfOrSomeKeys(wanted) if wanted == holder => Ok(()),
                Need::Oneself(_) => Err(NotPermitted::SomebodyElse),
                _ => Err(NotPermitted::NoKeyManagement),
            },
            Self::Stranger => Err(NotPermitted::Stranger),
        }
    }
}

fn permits(permissions: &Permissions, holder: Option<HolderId>, need: &Need) -> Result<(), NotPermitted> {
    let (is_enough, otherwise) = match (need, &permissions.keys) {
        (Need::Portfolio, _) => (false, NotPermitted::NotPortfolioManager),
        (Need::FullKeys, keys) => (*keys == KeyManagement::Full, NotPermitted::NotFullKeyManagement),
        (Need::SomeKeys, keys) => (*keys != KeyManagement::None, NotPermitted::NoKeyManagement),
        (Need::Keys(_), KeyManagement::Full | KeyManagement::Limited) => (true, NotPermitted::OtherKeys),
        (Need::Keys(wanted), KeyManagement::Specific(managed)) => {
            (wanted.is_subset(managed), NotPermitted::OtherKeys)
        }
        (Need::Keys(_), KeyManagement::None) => (false, NotPermitted::NoKeyManagement),
        (Need::Reports, keys) => {
            let sees = matches!(keys, KeyManagement::Full | KeyManagement::Specific(_));
            (sees, NotPermitted::NotFullKeyManagement)
        }
        (Need::Devices, _) => (permissions.manages_devices, NotPermitted::NoDeviceManagement),
        (Need::Installer, _) => (permissions.installs_devices, NotPermitted::NoDeviceManagement),
        (Need::Belonging, _) => (true, NotPermitted::Stranger),
        (Need::Oneself(wanted), _) => (holder == Some(*wanted), NotPermitted::SomebodyElse),
        (Need::SelfOrSomeKeys(wanted), keys) => {
            (holder == Some(*wanted) || *keys != KeyManagement::None, NotPermitted::NoKeyManagement)
        }
    };
    if is_enough { Ok(()) } else { Err(otherwise) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: KeyId = KeyId([1; 16]);
    const OTHER: KeyId = KeyId([2; 16]);

    fn manager(keys: KeyManagement) -> Standing {
        Standing::Manager(Permissions { keys, ..Permissions::default() }, None)
    }

    /// R-005, row by row: full, limited, specific, none.
    #[test]
    fn the_levels_of_key_management() {
        let specific = KeyManagement::Specific(BTreeSet::from([MINE]));
        let levels =
            [KeyManagement::Full, KeyManagement::Limited, specific, KeyManagement::None].map(manager);
        let table = [
            (Need::FullKeys, [true, false, false, false]),
            (Need::SomeKeys, [true, true, true, false]),
            (Need::SelfOrSomeKeys(HolderId([1; 8])), [true, true, true, false]),
            (Need::Belonging, [true; 4]),
            (Need::Keys(BTreeSet::from([MINE])), [true, true, true, false]),
            (Need::Keys(BTreeSet::from([MINE, OTHER])), [true, true, false, false]),
            (Need::Reports, [true, false, true, false]),
            (Need::Portfolio, [false; 4]),
            (Need::Devices, [false; 4]),
        ];
        for (need, expected) in table {
            assert_eq!(levels.each_ref().map(|level| level.permits(&need).is_ok()), expected, "{need:?}");
            assert_eq!(Standing::PortfolioManager(None).permits(&need), Ok(()));
            assert_eq!(Standing::Stranger.permits(&need), Err(NotPermitted::Stranger));
        }
    }

    /// who lives there may do what is theirs, and nothing of a manager's.
    #[test]
    fn a_holder_is_no_manager() {
        let holder = Standing::Holder(HolderId([1; 8]));
        assert_eq!(holder.permits(&Need::Oneself(HolderId([1; 8]))), Ok(()));
        assert!(holder.permits(&Need::Oneself(HolderId([2; 8]))).is_err());
        assert_eq!(holder.permits(&Need::SelfOrSomeKeys(HolderId([1; 8]))), Ok(()));
        assert!(holder.permits(&Need::SelfOrSomeKeys(HolderId([2; 8]))).is_err());
        assert!(holder.permits(&Need::SomeKeys).is_err());
        // Nor is a manager anybody else.
        let manager = Standing::PortfolioManager(Some(HolderId([1; 8])));
        assert_eq!(manager.permits(&Need::Oneself(HolderId([1; 8]))), Ok(()));
        assert_eq!(manager.permits(&Need::Oneself(HolderId([2; 8]))), Err(NotPermitted::SomebodyElse));
    }
}

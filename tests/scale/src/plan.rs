//! How much is measured.

/// Sizes and repetitions.
pub(crate) struct Plan {
    /// What the names of figures begin with.
    pub(crate) subject: &'static str,
    /// The two sizes, as names of figures have them.
    pub(crate) sizes: &'static str,
    /// People of the small store and of the large one, 100 at each property.
    pub(crate) people: [u64; 2],
    /// Holders of the Key that is changed.
    pub(crate) holders: usize,
    /// Repetitions in each store.
    pub(crate) revokes: usize,
    pub(crate) key_changes: usize,
    pub(crate) syncs: usize,
    /// Rows of the file.
    pub(crate) rows: usize,
    /// Whether figures beyond their bounds are a failure.
    pub(crate) has_bounds: bool,
}

impl Plan {
    /// A million people, 100,000 doors, 10,000 properties.
    pub(crate) const FULL: Self = Self {
        subject: "manager",
        sizes: "1m_vs_10k",
        people: [10_000, 1_000_000],
        holders: 500,
        revokes: 41,
        key_changes: 15,
        syncs: 41,
        rows: 100_000,
        has_bounds: true,
    };

    /// A few seconds: that all of it goes through.
    pub(crate) const SHORT: Self = Self {
        subject: "manager_short",
        sizes: "2k_vs_200",
        people: [200, 2_000],
        holders: 50,
        revokes: 5,
        key_changes: 3,
        syncs: 5,
        rows: 2_000,
        has_bounds: false,
    };
}

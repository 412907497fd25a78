mod counters;
mod crashes;
mod format;
mod imports;

//! A folder of odd articles goes through the whole job: nothing panics, nothing leaks, and every file
//! that comes out keeps the rules of its format, however the folder changes.

#[cfg(test)]
mod articles;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod site;

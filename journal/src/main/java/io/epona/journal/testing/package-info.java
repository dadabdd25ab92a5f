/**
 * A device in memory that loses power, tears writes, fails and rots by plan: for tests and simulations of the journal
 * and of what is built on it. No thread, no file; everything follows from a seed.
 */
package io.epona.journal.testing;

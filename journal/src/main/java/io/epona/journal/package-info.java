/**
 * A lane's log: the log ring in memory, the segment files on the device, the writer between them, recovery and
 * checkpoints.
 *
 * <p>Nothing here starts a thread or reads configuration. {@link io.epona.journal.Journal} is opened and recovered by
 * the thread that assembles the node; then {@link io.epona.journal.JournalWriter} is the only one that touches the
 * files, on a thread of its own.
 */
package io.epona.journal;

package io.epona.sequencer.powercut;

import io.epona.journal.CheckpointFiles;
import java.util.List;
import org.agrona.DirectBuffer;

/** Checkpoint files whose directory is never synced. */
final class UnsyncedNames implements CheckpointFiles {
    private final CheckpointFiles files;

    UnsyncedNames(final CheckpointFiles files) {
        this.files = files;
    }

    @Override
    public List<String> list() {
        return files.list();
    }

    @Override
    public void write(final String name, final DirectBuffer buffer, final int length) {
        files.write(name, buffer, length);
    }

    @Override
    public void rename(final String from, final String to) {
        files.rename(from, to);
    }

    @Override
    public void syncDirectory() {
        // This is the bug.
    }

    @Override
    public DirectBuffer read(final String name) {
        return files.read(name);
    }

    @Override
    public void delete(final String name) {
        files.delete(name);
    }
}

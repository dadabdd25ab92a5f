package io.epona.sequencer;

import io.epona.journal.CheckpointFiles;
import io.epona.journal.JournalFailedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Checkpoint files in memory; the next write fails when told so. */
final class MemoryCheckpointFiles implements CheckpointFiles {
    private final Map<String, byte[]> files = new TreeMap<>();
    boolean failsNext;
    int writeCount;

    @Override
    public List<String> list() {
        return new ArrayList<>(files.keySet());
    }

    @Override
    public void write(final String name, final DirectBuffer buffer, final int length) {
        if (failsNext) {
            failsNext = false;
            throw new JournalFailedException("checkpoint could not be written", 5);
        }
        final byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        files.put(name, bytes);
        writeCount++;
    }

    @Override
    public void rename(final String from, final String to) {
        files.put(to, files.remove(from));
    }

    @Override
    public void syncDirectory() {
        // Memory needs none.
    }

    @Override
    public DirectBuffer read(final String name) {
        return new UnsafeBuffer(files.get(name));
    }

    @Override
    public void delete(final String name) {
        files.remove(name);
    }
}

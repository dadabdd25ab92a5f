package io.epona.runtime;

import static io.epona.runtime.CountersFileDescriptor.ERROR_LOG_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.FORMAT_VERSION;
import static io.epona.runtime.CountersFileDescriptor.FORMAT_VERSION_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.HEADER_LENGTH;
import static io.epona.runtime.CountersFileDescriptor.HEARTBEAT_MS_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.MAGIC;
import static io.epona.runtime.CountersFileDescriptor.MAGIC_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.METADATA_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.NODE_ID_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.PID_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.START_MS_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.STATE_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.STATE_STOPPED;
import static io.epona.runtime.CountersFileDescriptor.VALUES_LENGTH_OFFSET;
import static io.epona.runtime.CountersFileDescriptor.metadata;
import static io.epona.runtime.CountersFileDescriptor.values;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the counters file of another process, while that runs or after it crashed. Changes nothing. Any thread.
 *
 * <p>Not for a node's own process: closing the reader there would give up the node's lock on the file (file locks
 * belong to the process); use {@link NodeCounters#view()}.
 */
public final class NodeCountersReader implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final UnsafeBuffer file;
    private final CountersView view;

    private NodeCountersReader(final Path path, final FileChannel channel, final UnsafeBuffer file) {
        this.path = path;
        this.channel = channel;
        this.file = file;
        this.view = new CountersView(metadata(file), values(file), CountersFileDescriptor.errorLog(file));
    }

    /**
     * Opens a counters file.
     *
     * @throws CountersFileException when there is none, or it is of a newer or foreign format
     */
    public static NodeCountersReader open(final Path path) {
        if (NodeCounters.isOpenHere(path)) {
            throw new CountersFileException("counters file belongs to this process, use its view: path=" + path);
        }
        try {
            final FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new NodeCountersReader(path, channel, map(path, channel));
            } catch (final IOException | RuntimeException ex) {
                channel.close();
                throw ex;
            }
        } catch (final NoSuchFileException ex) {
            throw new CountersFileException(
                    "no counters file, so no node has run here since it last stopped cleanly: path=" + path, ex);
        } catch (final IOException ex) {
            throw new CountersFileException("cannot read the counters file: path=" + path + ", reason=" + ex, ex);
        }
    }

    private static UnsafeBuffer map(final Path path, final FileChannel channel) throws IOException {
        final long length = channel.size();
        if (length < HEADER_LENGTH || length > Integer.MAX_VALUE) {
            throw new CountersFileException("not a counters file: path=" + path + ", length=" + length);
        }
        final UnsafeBuffer file = new UnsafeBuffer(
                channel.map(FileChannel.MapMode.READ_ONLY, 0, length).order(ByteOrder.nativeOrder()));
        if (MAGIC != file.getLongVolatile(MAGIC_OFFSET)) {
            throw new CountersFileException("not a counters file: path=" + path);
        }
        final int version = file.getInt(FORMAT_VERSION_OFFSET);
        if (FORMAT_VERSION != version) {
            throw new CountersFileException("counters file of another version of Epona: path=" + path
                    + ", formatVersion=" + version + ", known=" + FORMAT_VERSION);
        }
        final long metadataLength = file.getInt(METADATA_LENGTH_OFFSET);
        final long valuesLength = file.getInt(VALUES_LENGTH_OFFSET);
        final long errorLogLength = file.getInt(ERROR_LOG_LENGTH_OFFSET);
        if (metadataLength < 0
                || valuesLength < 0
                || errorLogLength < 0
                || HEADER_LENGTH + metadataLength + valuesLength + errorLogLength > length) {
            throw new CountersFileException("counters file is cut short: path=" + path + ", length=" + length);
        }
        return file;
    }

    /** Counters and errors. */
    public CountersView view() {
        return view;
    }

    /** Node id of the writer. */
    public int nodeId() {
        return file.getInt(NODE_ID_OFFSET);
    }

    /** Process id of the writer. */
    public long pid() {
        return file.getLong(PID_OFFSET);
    }

    /** When the writer started, ms since the Unix epoch. */
    public long startMs() {
        return file.getLong(START_MS_OFFSET);
    }

    /** When the writer last said that it is alive, ms since the Unix epoch. */
    public long heartbeatMs() {
        return file.getLongVolatile(HEARTBEAT_MS_OFFSET);
    }

    /** True when the writer stopped as it should; the file is then already deleted. */
    public boolean isStoppedCleanly() {
        return STATE_STOPPED == file.getIntVolatile(STATE_OFFSET);
    }

    /** True when the process that writes the file lives. */
    public boolean isRunning() {
        try (FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return null == lock;
        } catch (final IOException ex) {
            throw new CountersFileException("cannot ask for the lock of the counters file: path=" + path, ex);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (final IOException ex) {
            throw new CountersFileException("cannot close the counters file: path=" + path, ex);
        }
    }
}

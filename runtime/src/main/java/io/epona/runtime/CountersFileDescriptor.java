package io.epona.runtime;

import java.nio.ByteOrder;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Layout of a counters file, little endian.
 *
 * <pre>
 *      0  magic                    "EPONACTR"; written last, so that a reader never sees half a header
 *      8  format version           int
 *     12  node id                  int
 *     16  process id               long
 *     24  start time               long, ms since the Unix epoch
 *     32  metadata length          int, bytes
 *     36  values length            int, bytes
 *     40  error log length         int, bytes
 *     44  state                    int, 1 running, 2 stopped cleanly
 *     48  heartbeat                long, ms since the Unix epoch
 *   4096  metadata                 as Agrona's CountersReader
 *      +  values                   as Agrona's CountersReader
 *      +  error log                as Agrona's DistinctErrorLog
 * </pre>
 */
final class CountersFileDescriptor {
    static final long MAGIC = 0x525443414E4F5045L; // "EPONACTR" in little endian
    static final int FORMAT_VERSION = 1;
    static final int HEADER_LENGTH = 4096;

    static final int MAGIC_OFFSET = 0;
    static final int FORMAT_VERSION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    static final int NODE_ID_OFFSET = FORMAT_VERSION_OFFSET + Integer.BYTES;
    static final int PID_OFFSET = NODE_ID_OFFSET + Integer.BYTES;
    static final int START_MS_OFFSET = PID_OFFSET + Long.BYTES;
    static final int METADATA_LENGTH_OFFSET = START_MS_OFFSET + Long.BYTES;
    static final int VALUES_LENGTH_OFFSET = METADATA_LENGTH_OFFSET + Integer.BYTES;
    static final int ERROR_LOG_LENGTH_OFFSET = VALUES_LENGTH_OFFSET + Integer.BYTES;
    static final int STATE_OFFSET = ERROR_LOG_LENGTH_OFFSET + Integer.BYTES;
    static final int HEARTBEAT_MS_OFFSET = STATE_OFFSET + Integer.BYTES;

    static final int STATE_RUNNING = 1;
    static final int STATE_STOPPED = 2;

    /** A counter's key: what it belongs to. */
    static final int KEY_SUBJECT_ID_OFFSET = 0;

    static final int KEY_SUBJECT_LENGTH_OFFSET = KEY_SUBJECT_ID_OFFSET + Integer.BYTES;
    static final int KEY_SUBJECT_OFFSET = KEY_SUBJECT_LENGTH_OFFSET + Integer.BYTES;

    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new ExceptionInInitializerError("counters files need a little-endian machine");
        }
    }

    private CountersFileDescriptor() {}

    static AtomicBuffer metadata(final AtomicBuffer file) {
        return new UnsafeBuffer(file, HEADER_LENGTH, file.getInt(METADATA_LENGTH_OFFSET));
    }

    static AtomicBuffer values(final AtomicBuffer file) {
        final int offset = HEADER_LENGTH + file.getInt(METADATA_LENGTH_OFFSET);
        return new UnsafeBuffer(file, offset, file.getInt(VALUES_LENGTH_OFFSET));
    }

    static AtomicBuffer errorLog(final AtomicBuffer file) {
        final int offset = HEADER_LENGTH + file.getInt(METADATA_LENGTH_OFFSET) + file.getInt(VALUES_LENGTH_OFFSET);
        return new UnsafeBuffer(file, offset, file.getInt(ERROR_LOG_LENGTH_OFFSET));
    }
}

package io.epona.controller;

import io.epona.codec.metadata.EntryHeaderDecoder;
import io.epona.codec.metadata.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads a metadata log from its beginning and says where its valid part ends. Used once, by one thread.
 *
 * <p>A group is appended only after the group before it was synced. So whatever is wrong in the last group can be what
 * a crash left of an unfinished append, and is cut; but when a valid entry of a later group lies behind the damage, the
 * damaged group had been durable, perhaps acknowledged, and the log is refused. The first group came by renaming a
 * synced file, so it is never torn.
 */
final class MetadataLogScan {
    private static final String REMEDY =
            "; nothing was changed. Restore the file from a copy, or start the node with an"
                    + " empty data directory to begin a new cluster";

    private final String source;
    private final ByteBuffer file;
    private final EntryHeaderDecoder header = new EntryHeaderDecoder();
    private final UnsafeBuffer view;
    private final MetadataEntryCodec codec = new MetadataEntryCodec();

    private int position;
    private long nextIndex;
    private long groupIndex;
    private int validLength;
    private String fault;

    MetadataLogScan(String source, ByteBuffer file) {
        this.source = source;
        this.file = file;
        this.view = new UnsafeBuffer(file, 0, file.remaining());
    }

    /**
     * Scans.
     *
     * @param sink gets the records of each complete group.
     * @throws MetadataLogException when the log is damaged or of a newer format.
     */
    MetadataLogScan run(Consumer<List<MetadataRecord>> sink) {
        List<MetadataRecord> group = new ArrayList<>();
        while (position < file.limit()) {
            fault = faultAt(position, nextIndex, groupIndex);
            if (fault != null) {
                break;
            }
            EntryKind kind = wrapHeader(position).kind();
            int payloadLength = header.length();
            if (kind == EntryKind.COMMIT) {
                sink.accept(group);
                group.clear();
                groupIndex = nextIndex + 1;
                validLength = position + MetadataEntryCodec.alignedLength(payloadLength);
            } else {
                group.add(decode(kind, payloadLength));
            }
            position += MetadataEntryCodec.alignedLength(payloadLength);
            nextIndex++;
        }
        if (fault == null && position > validLength) {
            fault = "the last group has no COMMIT";
        }
        requireTornTailOnly();
        return this;
    }

    /** Length of the part that consists of complete groups. */
    long validLength() {
        return validLength;
    }

    /** Index of the next entry to be appended. */
    long nextIndex() {
        return groupIndex;
    }

    /** What was found behind the valid part, or null when nothing is there. */
    String tornTail() {
        return fault;
    }

    private MetadataRecord decode(EntryKind kind, int payloadLength) {
        try {
            return codec.decode(kind, file.slice(position + MetadataEntryCodec.HEADER_LENGTH, payloadLength));
        } catch (RuntimeException e) {
            throw new MetadataLogException(
                    "metadata log has an entry that this version cannot read: file=" + source + ", offset=" + position
                            + ", index=" + nextIndex + ", kind=" + kind
                            + "; run the version of Epona that wrote it, or a later one",
                    e);
        }
    }

    private String faultAt(int offset, long expectedIndex, long expectedGroup) {
        int remaining = file.limit() - offset;
        if (remaining < MetadataEntryCodec.HEADER_LENGTH) {
            return "entry header is cut off";
        }
        wrapHeader(offset);
        int payloadLength = header.length();
        if (payloadLength < 0 || payloadLength > ControllerLimits.MAX_ENTRY_LENGTH) {
            return "impossible entry length: length=" + payloadLength;
        }
        if (MetadataEntryCodec.alignedLength(payloadLength) > remaining) {
            return "entry is cut off: length=" + payloadLength + ", remaining=" + remaining;
        }
        if (codec.crcOf(file, offset, payloadLength) != (int) header.crc()) {
            return "CRC is wrong";
        }
        requireKnownFormat(offset);
        if (header.index() != expectedIndex) {
            return "entry is not the next one: index=" + header.index() + ", expected=" + expectedIndex;
        }
        if (header.index() - header.groupOffset() != expectedGroup) {
            return "entry is of another group: group=" + (header.index() - header.groupOffset()) + ", expected="
                    + expectedGroup;
        }
        return null;
    }

    private void requireKnownFormat(int offset) {
        if (header.formatVersion() != MetadataEntryCodec.FORMAT_VERSION || !knownKind()) {
            throw new MetadataLogException("metadata log is of another format: file=" + source + ", offset=" + offset
                    + ", formatVersion=" + header.formatVersion() + ", kind=" + header.kindRaw() + ", known="
                    + MetadataEntryCodec.FORMAT_VERSION
                    + "; run the version of Epona that wrote it, or a later one");
        }
    }

    private boolean knownKind() {
        short raw = header.kindRaw();
        return raw >= EntryKind.KAFKA.value() && raw <= EntryKind.DELETED_TOPIC.value();
    }

    private void requireTornTailOnly() {
        if (validLength == 0) {
            throw new MetadataLogException("metadata log has no complete group: file=" + source + ", length="
                    + file.limit() + ", fault=" + (fault == null ? "the file is empty" : fault) + REMEDY);
        }
        if (fault == null) {
            return;
        }
        int later = laterGroupBehind(position);
        if (later >= 0) {
            throw new MetadataLogException("metadata log is damaged where it had been durable: file=" + source
                    + ", offset=" + position + ", index=" + nextIndex + ", fault=" + fault
                    + ", a valid later group is at offset=" + later + REMEDY);
        }
    }

    private int laterGroupBehind(int damagedOffset) {
        int last = file.limit() - MetadataEntryCodec.HEADER_LENGTH;
        for (int offset = damagedOffset; offset <= last; offset += MetadataEntryCodec.ENTRY_ALIGNMENT) {
            wrapHeader(offset);
            int payloadLength = header.length();
            boolean plausible = payloadLength >= 0
                    && payloadLength <= file.limit() - offset - MetadataEntryCodec.HEADER_LENGTH
                    && header.formatVersion() == MetadataEntryCodec.FORMAT_VERSION
                    && header.groupOffset() >= 0
                    && header.index() - header.groupOffset() > groupIndex
                    && knownKind();
            if (plausible && codec.crcOf(file, offset, payloadLength) == (int) header.crc()) {
                return offset;
            }
        }
        return -1;
    }

    private EntryHeaderDecoder wrapHeader(int offset) {
        return header.wrap(view, offset, MetadataEntryCodec.HEADER_LENGTH, EntryHeaderDecoder.SCHEMA_VERSION);
    }
}

package io.epona.controller;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A cell's image as bytes, and back. The bytes are one group of the metadata log's format; parts are slices of them.
 * Used by one thread.
 */
final class SnapshotCodec {
    private static final String SOURCE = "snapshot of the cell's metadata";

    /** The version of a cell that has not begun is -1. */
    private static final long NO_VERSION = Long.MIN_VALUE;

    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

    /** Gives an image's bytes to a sink, part by part. */
    static void write(ClusterImage image, ControlLogHandler.SnapshotSink sink) {
        List<MetadataRecord> records = ImageSnapshot.recordsOfCell(image);
        long length = MetadataEntryCodec.groupLength(records);
        if (length > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("snapshot of the metadata is too long: length=" + length);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        new MetadataEntryCodec().encodeGroup(records, 0, bytes);
        UnsafeBuffer buffer = new UnsafeBuffer(bytes.array());
        for (int offset = 0; offset < length; offset += ControllerLimits.MAX_SNAPSHOT_PART_LENGTH) {
            sink.onPart(buffer, offset, Math.min(ControllerLimits.MAX_SNAPSHOT_PART_LENGTH, (int) length - offset));
        }
    }

    /** Takes the next part. */
    void addPart(DirectBuffer buffer, int offset, int length) {
        byte[] part = new byte[length];
        buffer.getBytes(offset, part);
        parts.write(part, 0, length);
    }

    /**
     * The image that the parts make.
     *
     * @param nodeId whose image it shall be.
     * @throws MetadataLogException when the parts are not a whole and undamaged snapshot.
     */
    ClusterImage image(int nodeId, TopicConfigs topicConfigs) {
        ByteBuffer bytes = ByteBuffer.wrap(parts.toByteArray());
        ImageFold fold = new ImageFold(ImageFold.empty(nodeId, CellState.EMPTY), topicConfigs);
        long[] version = {NO_VERSION};
        MetadataLogScan scan = new MetadataLogScan(SOURCE, bytes).run(group -> {
            fold.applyAll(group);
            for (MetadataRecord record : group) {
                if (record instanceof MetadataRecord.Version at) {
                    version[0] = at.version();
                }
            }
        });
        if (scan.tornTail() != null || version[0] == NO_VERSION) {
            throw new MetadataLogException(SOURCE + " is damaged: length=" + bytes.limit() + ", fault="
                    + scan.tornTail() + "; remove this node's copy of the control log to have it copied anew");
        }
        return fold.build(version[0]);
    }
}

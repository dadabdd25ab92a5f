package io.epona.controller;

import io.epona.codec.metadata.ClusterIdentityDecoder;
import io.epona.codec.metadata.ClusterIdentityEncoder;
import io.epona.codec.metadata.DeletedTopicDecoder;
import io.epona.codec.metadata.DeletedTopicEncoder;
import io.epona.codec.metadata.EntryHeaderEncoder;
import io.epona.codec.metadata.EntryKind;
import io.epona.codec.metadata.ImageVersionDecoder;
import io.epona.codec.metadata.ImageVersionEncoder;
import io.epona.codec.metadata.LaneRecordEncoder;
import io.epona.codec.metadata.PartitionPlacementDecoder;
import io.epona.codec.metadata.PartitionPlacementEncoder;
import io.epona.codec.metadata.PlacementLimitDecoder;
import io.epona.codec.metadata.PlacementLimitEncoder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.metadata.MetadataRecordSerde;

/**
 * Bytes of the metadata log's entries, as the schema in codec (metadata log, id 104) lays them out. Not thread-safe:
 * owned by the thread that owns the log.
 */
final class MetadataEntryCodec {
    static final int HEADER_LENGTH = EntryHeaderEncoder.BLOCK_LENGTH;
    static final int ENTRY_ALIGNMENT = 8;
    static final int FORMAT_VERSION = 1;

    /** The CRC leaves out itself and the length before it; a wrong length makes a wrong CRC. */
    static final int CRC_FROM_OFFSET = EntryHeaderEncoder.indexEncodingOffset();

    private final EntryHeaderEncoder header = new EntryHeaderEncoder();
    private final PartitionPlacementEncoder placementEncoder = new PartitionPlacementEncoder();
    private final PartitionPlacementDecoder placementDecoder = new PartitionPlacementDecoder();
    private final UnsafeBuffer view = new UnsafeBuffer();
    private final CRC32C crc = new CRC32C();

    /** Bytes that a group takes with its COMMIT. */
    static long groupLength(List<MetadataRecord> records) {
        long length = HEADER_LENGTH;
        for (MetadataRecord record : records) {
            length += alignedLength(payloadLength(record, new ObjectSerializationCache()));
        }
        return length;
    }

    static int alignedLength(int payloadLength) {
        return (HEADER_LENGTH + payloadLength + ENTRY_ALIGNMENT - 1) & -ENTRY_ALIGNMENT;
    }

    /**
     * Encodes a group with its COMMIT.
     *
     * @param firstIndex index of the first entry.
     * @param out exactly as long as the group; filled to its end.
     */
    void encodeGroup(List<MetadataRecord> records, long firstIndex, ByteBuffer out) {
        int groupOffset = 0;
        for (MetadataRecord record : records) {
            encodeRecord(record, firstIndex, groupOffset++, out);
        }
        encodeEntry(EntryKind.COMMIT, firstIndex, groupOffset, 0, out);
    }

    /** Reads the payload of an entry whose CRC is right. */
    MetadataRecord decode(EntryKind kind, ByteBuffer payload) {
        view.wrap(payload, 0, payload.remaining());
        return switch (kind) {
            case KAFKA ->
                new MetadataRecord.Kafka(
                        MetadataRecordSerde.INSTANCE.read(new ByteBufferAccessor(payload), payload.remaining()));
            case PLACEMENT -> {
                placementDecoder.wrap(view, 0, PartitionPlacementDecoder.BLOCK_LENGTH, FORMAT_VERSION);
                yield new MetadataRecord.Placement(
                        new Uuid(placementDecoder.topicIdHigh(), placementDecoder.topicIdLow()),
                        placementDecoder.partition(),
                        placementDecoder.partitionIndex(),
                        placementDecoder.laneId());
            }
            case PLACEMENT_LIMIT ->
                new MetadataRecord.PlacementLimit(new PlacementLimitDecoder()
                        .wrap(view, 0, PlacementLimitDecoder.BLOCK_LENGTH, FORMAT_VERSION)
                        .nextPartitionIndex());
            case IDENTITY -> {
                ClusterIdentityDecoder decoder =
                        new ClusterIdentityDecoder().wrap(view, 0, ClusterIdentityDecoder.BLOCK_LENGTH, FORMAT_VERSION);
                yield new MetadataRecord.Identity(new ClusterIdentity(
                        new Uuid(decoder.clusterIdHigh(), decoder.clusterIdLow()), decoder.nodeId()));
            }
            case LANE -> new MetadataRecord.Lane(CellRecordCodec.decodeLane(view, 0));
            case NODE -> new MetadataRecord.Node(CellRecordCodec.decodeNode(view, 0));
            case DELETED_TOPIC -> {
                DeletedTopicDecoder decoder =
                        new DeletedTopicDecoder().wrap(view, 0, DeletedTopicDecoder.BLOCK_LENGTH, FORMAT_VERSION);
                yield new MetadataRecord.DeletedTopic(new Uuid(decoder.topicIdHigh(), decoder.topicIdLow()));
            }
            case VERSION ->
                new MetadataRecord.Version(new ImageVersionDecoder()
                        .wrap(view, 0, ImageVersionDecoder.BLOCK_LENGTH, FORMAT_VERSION)
                        .version());
            default -> throw new IllegalArgumentException("no record of this kind: kind=" + kind);
        };
    }

    /** CRC-32C from {@link #CRC_FROM_OFFSET} of the entry at {@code offset} to its payload's end. */
    int crcOf(ByteBuffer buffer, int offset, int payloadLength) {
        crc.reset();
        crc.update(buffer.slice(offset + CRC_FROM_OFFSET, HEADER_LENGTH - CRC_FROM_OFFSET + payloadLength));
        return (int) crc.getValue();
    }

    private void encodeRecord(MetadataRecord record, long firstIndex, int groupOffset, ByteBuffer out) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        int payloadLength = payloadLength(record, cache);
        int payloadOffset = out.position() + HEADER_LENGTH;
        view.wrap(out, payloadOffset, payloadLength);
        EntryKind kind = switch (record) {
            case MetadataRecord.Kafka kafka -> {
                ByteBuffer payload = out.slice(payloadOffset, payloadLength);
                MetadataRecordSerde.INSTANCE.write(kafka.message(), cache, new ByteBufferAccessor(payload));
                yield EntryKind.KAFKA;
            }
            case MetadataRecord.Placement placement -> {
                placementEncoder
                        .wrap(view, 0)
                        .topicIdHigh(placement.topicId().getMostSignificantBits())
                        .topicIdLow(placement.topicId().getLeastSignificantBits())
                        .partition(placement.partition())
                        .partitionIndex(placement.partitionIndex())
                        .laneId(placement.laneId())
                        .reserved(0)
                        .reserved2(0);
                yield EntryKind.PLACEMENT;
            }
            case MetadataRecord.PlacementLimit limit -> {
                new PlacementLimitEncoder()
                        .wrap(view, 0)
                        .nextPartitionIndex(limit.nextPartitionIndex())
                        .reserved(0);
                yield EntryKind.PLACEMENT_LIMIT;
            }
            case MetadataRecord.Identity who -> {
                new ClusterIdentityEncoder()
                        .wrap(view, 0)
                        .clusterIdHigh(who.identity().clusterId().getMostSignificantBits())
                        .clusterIdLow(who.identity().clusterId().getLeastSignificantBits())
                        .nodeId(who.identity().nodeId())
                        .reserved(0);
                yield EntryKind.IDENTITY;
            }
            case MetadataRecord.Lane lane -> {
                CellRecordCodec.encode(lane.lane(), view, 0);
                yield EntryKind.LANE;
            }
            case MetadataRecord.Node node -> {
                CellRecordCodec.encode(node.node(), view, 0);
                yield EntryKind.NODE;
            }
            case MetadataRecord.DeletedTopic topic -> {
                new DeletedTopicEncoder()
                        .wrap(view, 0)
                        .topicIdHigh(topic.topicId().getMostSignificantBits())
                        .topicIdLow(topic.topicId().getLeastSignificantBits());
                yield EntryKind.DELETED_TOPIC;
            }
            case MetadataRecord.Version version -> {
                new ImageVersionEncoder().wrap(view, 0).version(version.version());
                yield EntryKind.VERSION;
            }
        };
        encodeEntry(kind, firstIndex, groupOffset, payloadLength, out);
    }

    /** Writes the header before a payload that is in place already, and the zeros behind it. */
    private void encodeEntry(EntryKind kind, long firstIndex, int groupOffset, int payloadLength, ByteBuffer out) {
        int offset = out.position();
        int end = offset + alignedLength(payloadLength);
        view.wrap(out, offset, HEADER_LENGTH);
        header.wrap(view, 0)
                .length(payloadLength)
                .index(firstIndex + groupOffset)
                .kind(kind)
                .reserved((short) 0)
                .formatVersion(FORMAT_VERSION)
                .groupOffset(groupOffset)
                .crc(Integer.toUnsignedLong(crcOf(out, offset, payloadLength)));
        for (int i = offset + HEADER_LENGTH + payloadLength; i < end; i++) {
            out.put(i, (byte) 0);
        }
        out.position(end);
    }

    private static int payloadLength(MetadataRecord record, ObjectSerializationCache cache) {
        return switch (record) {
            case MetadataRecord.Kafka kafka -> MetadataRecordSerde.INSTANCE.recordSize(kafka.message(), cache);
            case MetadataRecord.Placement placement -> PartitionPlacementEncoder.BLOCK_LENGTH;
            case MetadataRecord.PlacementLimit limit -> PlacementLimitEncoder.BLOCK_LENGTH;
            case MetadataRecord.Identity identity -> ClusterIdentityEncoder.BLOCK_LENGTH;
            case MetadataRecord.Lane lane -> LaneRecordEncoder.BLOCK_LENGTH;
            case MetadataRecord.Node node -> CellRecordCodec.lengthOf(node.node());
            case MetadataRecord.Version version -> ImageVersionEncoder.BLOCK_LENGTH;
            case MetadataRecord.DeletedTopic topic -> DeletedTopicEncoder.BLOCK_LENGTH;
        };
    }
}

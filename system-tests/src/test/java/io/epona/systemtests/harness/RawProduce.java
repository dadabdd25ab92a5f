package io.epona.systemtests.harness;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Produce requests made by hand. */
public final class RawProduce {
    /** The last version that names topics instead of identifying them. */
    public static final int VERSION = 12;

    private RawProduce() {}

    /** A request with one batch for one partition. */
    public static ProduceRequestData request(
            final TopicPartition partition, final int acks, final BaseRecords records) {
        final ProduceRequestData.TopicProduceDataCollection topics =
                new ProduceRequestData.TopicProduceDataCollection();
        topics.add(new ProduceRequestData.TopicProduceData()
                .setName(partition.topic())
                .setTopicId(Uuid.ZERO_UUID)
                .setPartitionData(List.of(new ProduceRequestData.PartitionProduceData()
                        .setIndex(partition.partition())
                        .setRecords(records))));
        return new ProduceRequestData()
                .setAcks((short) acks)
                .setTimeoutMs(10_000)
                .setTransactionalId(null)
                .setTopicData(topics);
    }

    /** Sends a batch with acks=all and returns the answer of its partition. */
    public static ProduceResponseData.PartitionProduceResponse produce(
            final RawConnection connection, final TopicPartition partition, final BaseRecords records)
            throws IOException {
        final ProduceResponseData response = connection.call(ApiKeys.PRODUCE, VERSION, request(partition, -1, records));
        return partitionOf(response);
    }

    /** The only partition's answer. */
    public static ProduceResponseData.PartitionProduceResponse partitionOf(final ProduceResponseData response) {
        return response.responses().iterator().next().partitionResponses().getFirst();
    }

    /** Error of a partition's answer. */
    public static Errors error(final ProduceResponseData.PartitionProduceResponse response) {
        return Errors.forCode(response.errorCode());
    }

    /** A batch of an idempotent producer with this many records. */
    public static MemoryRecords batch(final long producerId, final int epoch, final int sequence, final int count) {
        return MemoryRecords.withIdempotentRecords(
                Compression.NONE, producerId, (short) epoch, sequence, records(sequence, count));
    }

    /** A batch of no producer in particular with this many records. */
    public static MemoryRecords batch(final int count) {
        return MemoryRecords.withRecords(Compression.NONE, records(0, count));
    }

    private static SimpleRecord[] records(final int first, final int count) {
        final SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            records[i] = new SimpleRecord(System.currentTimeMillis(), null, ("record " + (first + i)).getBytes());
        }
        return records;
    }

    /** Asks for a new producer id. */
    public static InitProducerIdResponseData initProducerId(final RawConnection connection) throws IOException {
        return connection.call(
                ApiKeys.INIT_PRODUCER_ID,
                4,
                new InitProducerIdRequestData()
                        .setTransactionalId(null)
                        .setTransactionTimeoutMs(60_000)
                        .setProducerId(-1)
                        .setProducerEpoch((short) -1));
    }
}

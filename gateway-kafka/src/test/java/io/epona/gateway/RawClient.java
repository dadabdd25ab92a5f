package io.epona.gateway;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** A client that says exactly what a test wants it to say. */
final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MS = 60_000;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final OutputStream out;
    private int correlationId;

    RawClient(final InetSocketAddress address) throws IOException {
        this(address, 0);
    }

    RawClient(final InetSocketAddress address, final int receiveBufferLength) throws IOException {
        if (receiveBufferLength > 0) {
            socket.setReceiveBufferSize(receiveBufferLength);
        }
        socket.connect(address, TIMEOUT_MS);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    void sendBytes(final byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /** Sends a request; returns its correlation id. */
    int send(final ApiKeys key, final int version, final ApiMessage body) throws IOException {
        out.write(frame(key, version, body, ++correlationId));
        return correlationId;
    }

    static byte[] frame(final ApiKeys key, final int version, final ApiMessage body, final int id) {
        final short bodyVersion = (short) Math.min(version, key.latestVersion());
        final short headerVersion = key.requestHeaderVersion((short) version);
        final ByteBuffer header = MessageUtil.toByteBufferAccessor(
                        new RequestHeaderData()
                                .setRequestApiKey(key.id)
                                .setRequestApiVersion((short) version)
                                .setCorrelationId(id)
                                .setClientId("raw"),
                        headerVersion)
                .buffer();
        final ByteBuffer bytes =
                MessageUtil.toByteBufferAccessor(body, bodyVersion).buffer();
        return ByteBuffer.allocate(4 + header.remaining() + bytes.remaining())
                .putInt(header.remaining() + bytes.remaining())
                .put(header)
                .put(bytes)
                .array();
    }

    /** Reads the next response, which must be that of the request. */
    <T extends ApiMessage> T receive(final ApiKeys key, final int version, final T into, final int expectedId)
            throws IOException {
        final byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        final ByteBufferAccessor readable = new ByteBufferAccessor(ByteBuffer.wrap(bytes));
        final int id = readable.readInt();
        if (id != expectedId) {
            throw new IOException("response to another request: expected=" + expectedId + ", actual=" + id);
        }
        if (key.responseHeaderVersion((short) version) >= 1 && readable.readUnsignedVarint() != 0) {
            throw new IOException("tagged fields in a response header");
        }
        into.read(readable, (short) version);
        if (readable.remaining() != 0) {
            throw new IOException("bytes are left over: " + readable.remaining());
        }
        return into;
    }

    <T extends ApiMessage> T ask(final ApiKeys key, final int version, final ApiMessage body, final T into)
            throws IOException {
        return receive(key, version, into, send(key, version, body));
    }

    /** True when the other side has closed the connection; waits for that. */
    boolean isClosed() throws IOException {
        try {
            return in.read() < 0;
        } catch (final EOFException | SocketException ex) {
            return true;
        }
    }

    /** True when nothing comes for a moment. */
    boolean isSilent(final int ms) throws IOException {
        socket.setSoTimeout(ms);
        try {
            final int read = in.read();
            throw new IOException("something came: " + read);
        } catch (final java.net.SocketTimeoutException ex) {
            return true;
        } finally {
            socket.setSoTimeout(TIMEOUT_MS);
        }
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    static MemoryRecords records(final String... values) {
        return records(Compression.NONE, System.currentTimeMillis(), values);
    }

    static MemoryRecords records(final Compression compression, final long timestampMs, final String... values) {
        final SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(timestampMs, values[i].getBytes());
        }
        return MemoryRecords.withRecords((byte) 2, 0, compression, TimestampType.CREATE_TIME, records);
    }

    static ProduceRequestData produce(
            final String topic, final Uuid id, final int partition, final int acks, final MemoryRecords records) {
        final ProduceRequestData request =
                new ProduceRequestData().setAcks((short) acks).setTimeoutMs(30_000);
        request.topicData()
                .add(new ProduceRequestData.TopicProduceData()
                        .setName(topic)
                        .setTopicId(id)
                        .setPartitionData(List.of(new ProduceRequestData.PartitionProduceData()
                                .setIndex(partition)
                                .setRecords(records))));
        return request;
    }

    static FetchRequestData fetch(
            final String topic, final Uuid id, final int partition, final long offset, final int maxWaitMs) {
        return new FetchRequestData()
                .setMaxWaitMs(maxWaitMs)
                .setMinBytes(1)
                .setMaxBytes(1024 * 1024)
                .setSessionEpoch(-1)
                .setTopics(List.of(new FetchRequestData.FetchTopic()
                        .setTopic(topic)
                        .setTopicId(id)
                        .setPartitions(List.of(new FetchRequestData.FetchPartition()
                                .setPartition(partition)
                                .setFetchOffset(offset)
                                .setPartitionMaxBytes(1024 * 1024)))));
    }
}

package io.epona.node.install;

import io.epona.codec.install.AnswerDecoder;
import io.epona.codec.install.BatchesRequestEncoder;
import io.epona.codec.install.CheckpointRequestEncoder;
import io.epona.codec.install.InstallResult;
import io.epona.codec.install.LaneRequestEncoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** Asks the node that leads a lane for what its copy is installed from. Used by one thread. */
final class InstallClient implements AutoCloseable {
    /**
     * Who asks for what.
     *
     * @param nodeId that asks
     * @param laneId that is installed
     * @param clusterIdHigh of its cluster
     * @param clusterIdLow of its cluster
     */
    record Asking(int nodeId, int laneId, long clusterIdHigh, long clusterIdLow) {}

    /**
     * What was answered; the meaning of the numbers is in {@code epona-install.xml}.
     *
     * @param result what to do with it
     * @param position first number
     * @param start second
     * @param end third
     * @param timestampMs fourth
     * @param body what came behind it
     */
    record Answer(InstallResult result, long position, long start, long end, long timestampMs, ByteBuffer body) {}

    private final Asking asking;
    private final InstallChannel channel;
    private final CheckpointRequestEncoder checkpointRequest = new CheckpointRequestEncoder();
    private final LaneRequestEncoder laneRequest = new LaneRequestEncoder();
    private final BatchesRequestEncoder batchesRequest = new BatchesRequestEncoder();
    private final AnswerDecoder answer = new AnswerDecoder();

    private InstallClient(final Asking asking, final InstallChannel channel) {
        this.asking = asking;
        this.channel = channel;
    }

    static InstallClient connect(final InetSocketAddress address, final Asking asking) throws IOException {
        final Socket socket = new Socket();
        try {
            socket.connect(
                    new InetSocketAddress(address.getHostString(), address.getPort()),
                    InstallLimits.CONNECT_TIMEOUT_MS);
            return new InstallClient(asking, new InstallChannel(socket));
        } catch (final IOException ex) {
            socket.close();
            throw new IOException(
                    "cannot connect to " + address.getHostString() + ':' + address.getPort() + ": " + ex.getMessage(),
                    ex);
        }
    }

    Answer checkpoint() throws IOException {
        checkpointRequest
                .wrap(channel.sendBuffer(), InstallChannel.messageOffset())
                .laneId(asking.laneId)
                .fromNode(asking.nodeId)
                .reserved(0)
                .clusterIdHigh(asking.clusterIdHigh)
                .clusterIdLow(asking.clusterIdLow);
        return ask(CheckpointRequestEncoder.TEMPLATE_ID, CheckpointRequestEncoder.BLOCK_LENGTH);
    }

    Answer lane() throws IOException {
        laneRequest
                .wrap(channel.sendBuffer(), InstallChannel.messageOffset())
                .laneId(asking.laneId)
                .fromNode(asking.nodeId)
                .reserved(0)
                .clusterIdHigh(asking.clusterIdHigh)
                .clusterIdLow(asking.clusterIdLow);
        return ask(LaneRequestEncoder.TEMPLATE_ID, LaneRequestEncoder.BLOCK_LENGTH);
    }

    Answer batches(final int partitionIndex, final long offset, final int maxLength) throws IOException {
        batchesRequest
                .wrap(channel.sendBuffer(), InstallChannel.messageOffset())
                .partitionIndex(partitionIndex)
                .maxLength(maxLength)
                .fetchOffset(offset)
                .laneId(asking.laneId)
                .fromNode(asking.nodeId)
                .reserved(0)
                .clusterIdHigh(asking.clusterIdHigh)
                .clusterIdLow(asking.clusterIdLow);
        return ask(BatchesRequestEncoder.TEMPLATE_ID, BatchesRequestEncoder.BLOCK_LENGTH);
    }

    private Answer ask(final int templateId, final int blockLength) throws IOException {
        channel.send(templateId, blockLength);
        final int received = channel.receive();
        if (received != AnswerDecoder.TEMPLATE_ID) {
            throw new IOException(
                    received < 0 ? "the other node has closed the connection" : "no answer: templateId=" + received);
        }
        answer.wrap(channel.receiveBuffer(), 0, AnswerDecoder.BLOCK_LENGTH, AnswerDecoder.SCHEMA_VERSION);
        if (answer.resultRaw() > InstallResult.REFUSED.value()) {
            throw new IOException("an unknown answer: result=" + answer.resultRaw());
        }
        final InstallResult result = answer.result();
        if (result == InstallResult.REFUSED) {
            throw new IOException(
                    "the other node refuses: it is of another cluster, or has no such lane: lane=" + asking.laneId);
        }
        return new Answer(
                result,
                answer.position(),
                answer.start(),
                answer.end(),
                answer.timestampMs(),
                channel.receiveBody(answer.bodyLength()));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

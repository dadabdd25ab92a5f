package io.epona.systemtests.harness;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** A connection that sends what a well-behaved client never would: any bytes, any version, in any order. */
public final class RawConnection implements AutoCloseable {
    private static final int TIMEOUT_MS = 60_000;

    private final Socket socket;
    private final DataInputStream in;
    private int correlationId;

    /** Connects to a node. */
    public RawConnection(final int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Sends a request and waits for its answer. */
    public <T extends ApiMessage> T call(final ApiKeys api, final int version, final ApiMessage request)
            throws IOException {
        send(api, version, request);
        return receive(api, version);
    }

    /** Sends a request; returns its correlation id. */
    public int send(final ApiKeys api, final int version, final ApiMessage request) throws IOException {
        write(encode(api, version, request, ++correlationId));
        return correlationId;
    }

    /** A request with its length in front. */
    public static ByteBuffer encode(
            final ApiKeys api, final int version, final ApiMessage request, final int correlationId) {
        final short apiVersion = (short) version;
        final short headerVersion = api.requestHeaderVersion(apiVersion);
        final RequestHeaderData header = new RequestHeaderData()
                .setRequestApiKey(api.id)
                .setRequestApiVersion(apiVersion)
                .setCorrelationId(correlationId)
                .setClientId("raw");
        final ObjectSerializationCache cache = new ObjectSerializationCache();
        final int length = header.size(cache, headerVersion) + request.size(cache, apiVersion);
        final ByteBufferAccessor out = new ByteBufferAccessor(ByteBuffer.allocate(Integer.BYTES + length));
        out.writeInt(length);
        header.write(out, cache, headerVersion);
        request.write(out, cache, apiVersion);
        out.buffer().flip();
        return out.buffer();
    }

    /** Sends bytes as they are. */
    public void write(final ByteBuffer bytes) throws IOException {
        socket.getOutputStream().write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    /** The next answer, which must be to this API and version. */
    @SuppressWarnings("unchecked")
    public <T extends ApiMessage> T receive(final ApiKeys api, final int version) throws IOException {
        final ByteBuffer frame = receiveFrame();
        final ByteBufferAccessor reader = new ByteBufferAccessor(frame);
        new ResponseHeaderData(reader, api.responseHeaderVersion((short) version));
        final ApiMessage response = ApiMessageType.fromApiKey(api.id).newResponse();
        response.read(reader, (short) version);
        if (frame.hasRemaining()) {
            throw new IOException(frame.remaining() + " bytes after the answer to " + api + " v" + version);
        }
        return (T) response;
    }

    /** The next answer's bytes, header included. */
    public ByteBuffer receiveFrame() throws IOException {
        final byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return ByteBuffer.wrap(bytes);
    }

    /** Waits until the node closes the connection; what it sends before is read and forgotten. */
    public void awaitClosed(final int timeoutMs) throws IOException {
        socket.setSoTimeout(timeoutMs);
        final byte[] sink = new byte[64 * 1024];
        try {
            while (in.read(sink) >= 0) {
                // Only the end matters.
                continue;
            }
        } catch (final EOFException | java.net.SocketException ex) {
            // A reset is an end too.
            return;
        }
    }

    /** The socket. */
    public Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

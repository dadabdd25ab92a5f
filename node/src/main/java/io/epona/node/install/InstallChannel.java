package io.epona.node.install;

import io.epona.codec.install.AnswerDecoder;
import io.epona.codec.install.AnswerEncoder;
import io.epona.codec.install.MessageHeaderDecoder;
import io.epona.codec.install.MessageHeaderEncoder;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Messages of {@code epona-install.xml} on a connection. Used by one thread; any may close it. */
final class InstallChannel implements AutoCloseable {
    private static final int MAX_BLOCK_LENGTH = 64;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final byte[] sent = new byte[MessageHeaderEncoder.ENCODED_LENGTH + MAX_BLOCK_LENGTH];
    private final byte[] received = new byte[MAX_BLOCK_LENGTH];
    private final byte[] header = new byte[MessageHeaderDecoder.ENCODED_LENGTH];
    private final UnsafeBuffer sendBuffer = new UnsafeBuffer(sent);
    private final UnsafeBuffer receiveBuffer = new UnsafeBuffer(received);
    private final MessageHeaderEncoder headerEncoder = new MessageHeaderEncoder();
    private final MessageHeaderDecoder headerDecoder = new MessageHeaderDecoder();

    InstallChannel(final Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(InstallLimits.SILENCE_MS);
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), InstallLimits.LOOK_LENGTH));
        this.out = socket.getOutputStream();
    }

    /** Where the next message to be sent is encoded: behind its header. */
    UnsafeBuffer sendBuffer() {
        return sendBuffer;
    }

    static int messageOffset() {
        return MessageHeaderEncoder.ENCODED_LENGTH;
    }

    /** Sends the message in the buffer. */
    void send(final int templateId, final int blockLength) throws IOException {
        headerEncoder
                .wrap(sendBuffer, 0)
                .blockLength(blockLength)
                .templateId(templateId)
                .schemaId(AnswerEncoder.SCHEMA_ID)
                .version(AnswerEncoder.SCHEMA_VERSION);
        out.write(sent, 0, messageOffset() + blockLength);
    }

    /** Sends what belongs behind a message. */
    void sendBody(final byte[] body, final int length) throws IOException {
        out.write(body, 0, length);
    }

    /** Where the message that was received last is, from offset 0 on. */
    UnsafeBuffer receiveBuffer() {
        return receiveBuffer;
    }

    /**
     * Waits for a message.
     *
     * @return its template id; -1 when the other side has closed the connection instead
     * @throws IOException when the connection fails, or what comes is no message of the schema
     */
    int receive() throws IOException {
        final int first = in.read();
        if (first < 0) {
            return -1;
        }
        header[0] = (byte) first;
        in.readFully(header, 1, header.length - 1);
        headerDecoder.wrap(new UnsafeBuffer(header), 0);
        if (headerDecoder.schemaId() != AnswerDecoder.SCHEMA_ID || headerDecoder.blockLength() > MAX_BLOCK_LENGTH) {
            throw new IOException("no message of this protocol: schemaId=" + headerDecoder.schemaId() + ", blockLength="
                    + headerDecoder.blockLength() + ", from=" + socket.getRemoteSocketAddress());
        }
        receiveBuffer.setMemory(0, MAX_BLOCK_LENGTH, (byte) 0);
        in.readFully(received, 0, headerDecoder.blockLength());
        return headerDecoder.templateId();
    }

    /** Receives what belongs behind a message. */
    ByteBuffer receiveBody(final long length) throws IOException {
        if (length > InstallLimits.MAX_BODY_LENGTH) {
            throw new IOException("an answer is too long: length=" + length);
        }
        final byte[] body = new byte[(int) length];
        try {
            in.readFully(body);
        } catch (final EOFException ex) {
            throw new IOException("the connection ended within an answer of " + length + " bytes", ex);
        }
        return ByteBuffer.wrap(body);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

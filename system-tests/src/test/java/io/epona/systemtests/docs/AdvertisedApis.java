package io.epona.systemtests.docs;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;

/** What a running node says of its APIs, asked over the network as a client does. */
final class AdvertisedApis {
    private static final int TIMEOUT_MS = 60_000;

    private AdvertisedApis() {}

    /** The APIs in order of their keys. */
    static List<ApiVersion> ask() throws IOException {
        try (ExampleNode node = ExampleNode.start()) {
            return ask(node.kafka());
        }
    }

    private static List<ApiVersion> ask(final String address) throws IOException {
        final int colon = address.lastIndexOf(':');
        final short version = ApiKeys.API_VERSIONS.latestVersion(false);
        try (Socket socket = new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))) {
            socket.setSoTimeout(TIMEOUT_MS);
            final RequestHeader header = new RequestHeader(ApiKeys.API_VERSIONS, version, "docs", 1);
            final ByteBuffer request = RequestUtils.serialize(
                    header.data(),
                    header.headerVersion(),
                    new ApiVersionsRequest.Builder().build(version).data(),
                    version);
            final byte[] frame = new byte[Integer.BYTES + request.remaining()];
            ByteBuffer.wrap(frame).putInt(request.remaining()).put(request);
            socket.getOutputStream().write(frame);
            final DataInputStream in = new DataInputStream(socket.getInputStream());
            final ByteBuffer response = ByteBuffer.wrap(in.readNBytes(in.readInt()));
            ResponseHeader.parse(response, ApiKeys.API_VERSIONS.responseHeaderVersion(version));
            return ApiVersionsResponse.parse(new ByteBufferAccessor(response), version).data().apiKeys().stream()
                    .sorted(Comparator.comparing(ApiVersion::apiKey))
                    .toList();
        }
    }
}

package io.epona.controller.cluster;

import io.aeron.security.Authenticator;
import io.aeron.security.CredentialsSupplier;
import io.aeron.security.SessionProxy;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tells on every member which node a session of the log is of: the node gives its id as its credentials, and the
 * leader, which believes it, makes them the session's principal, which is in the log. It protects nothing. Used by the
 * consensus thread only.
 */
final class NodeIdentity implements Authenticator {
    /** No node: a session of something else. */
    static final int UNKNOWN = -1;

    private static final byte[] NOTHING = new byte[0];

    private final Map<Long, byte[]> credentials = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
            return size() > ClusterLogLimits.MAX_SESSIONS;
        }
    };

    /** What a node presents. */
    static CredentialsSupplier credentials(int nodeId) {
        byte[] encoded = ByteBuffer.allocate(Integer.BYTES).putInt(nodeId).array();
        return new CredentialsSupplier() {
            @Override
            public byte[] encodedCredentials() {
                return encoded;
            }

            @Override
            public byte[] onChallenge(byte[] encodedChallenge) {
                return NOTHING;
            }
        };
    }

    /** The node of a principal. */
    static int nodeId(byte[] principal) {
        return principal != null && principal.length == Integer.BYTES
                ? ByteBuffer.wrap(principal).getInt()
                : UNKNOWN;
    }

    @Override
    public void onConnectRequest(long sessionId, byte[] encodedCredentials, long nowMs) {
        credentials.put(sessionId, encodedCredentials);
    }

    @Override
    public void onChallengeResponse(long sessionId, byte[] encodedCredentials, long nowMs) {
        // nobody is challenged
    }

    @Override
    public void onConnectedSession(SessionProxy sessionProxy, long nowMs) {
        byte[] presented = credentials.remove(sessionProxy.sessionId());
        sessionProxy.authenticate(presented == null ? NOTHING : presented);
    }

    @Override
    public void onChallengedSession(SessionProxy sessionProxy, long nowMs) {
        sessionProxy.reject();
    }
}

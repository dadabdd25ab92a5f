package io.epona.runtime.config;

/**
 * An address to listen on or to connect to.
 *
 * @param host name or address; an IPv6 address is written in brackets
 * @param port 0 to 65535; 0 lets the system choose one to listen on
 */
public record HostPort(String host, int port) {
    /** Checks the ranges. */
    public HostPort {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("has no host before the colon");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("has a port outside 0 to 65535");
        }
    }

    /**
     * Reads {@code host:port} or {@code [ipv6]:port}.
     *
     * @throws IllegalArgumentException when it is neither; the message completes a sentence that begins with the text
     */
    public static HostPort parse(final String text) {
        final int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("has no port");
        }
        final String host = text.substring(0, colon);
        final boolean isBracketed = host.startsWith("[") && host.endsWith("]");
        if (!isBracketed && host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("has an IPv6 address without brackets");
        }
        try {
            final String bare = isBracketed ? host.substring(1, host.length() - 1) : host;
            return new HostPort(bare, Integer.parseInt(text.substring(colon + 1)));
        } catch (final NumberFormatException ex) {
            throw new IllegalArgumentException("has a port that is not a number", ex);
        }
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + port;
    }
}

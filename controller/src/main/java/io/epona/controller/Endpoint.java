package io.epona.controller;

import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * Where clients reach a broker.
 *
 * @param listener name of the listener, such as PLAINTEXT.
 * @param host host name or address that clients can resolve.
 * @param port TCP port.
 * @param protocol what is spoken there.
 */
public record Endpoint(String listener, String host, int port, SecurityProtocol protocol) {}

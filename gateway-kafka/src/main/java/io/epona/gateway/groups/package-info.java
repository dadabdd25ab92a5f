/** Requests of groups: thin, in front of Kafka's own coordinator. */
package io.epona.gateway.groups;

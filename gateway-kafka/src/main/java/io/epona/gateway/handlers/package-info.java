/** One class per Kafka API, each declaring the versions that it serves. */
package io.epona.gateway.handlers;

/** Fetch: sessions, waiting, reading from memory and from the partition logs. */
package io.epona.gateway.fetch;

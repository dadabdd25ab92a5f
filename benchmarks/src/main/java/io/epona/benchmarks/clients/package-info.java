/** What a cell and its peers cost their clients: transactions, rebalances, idle groups; with real clients only. */
package io.epona.benchmarks.clients;

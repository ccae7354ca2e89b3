-- Each unit's service under the lot that lets it.
INSERT INTO unit_service (round, unit_kind, unit, service, package, lot, live)
SELECT u.round, u.unit_kind, u.unit, s.service, u.package, l.number, r.live
  FROM package_unit u
  JOIN tender_round r ON r.id = u.round
  JOIN service_lot l ON l.round = u.round AND l.package = u.package, unnest(l.services) AS s (service)
 WHERE u.round = :round

-- As the package's tables.mysql, but InnoDB and latin1, and made only where they are not there yet.
CREATE TABLE IF NOT EXISTS greylist (
  ip char(45) NOT NULL default '',
  sender char(242) NOT NULL default '',
  recipient char(242) NOT NULL default '',
  first int(11) NOT NULL default '0',
  last int(11) NOT NULL default '0',
  n int(11) NOT NULL default '0',
  PRIMARY KEY (ip, sender, recipient)
) ENGINE=InnoDB CHARSET=latin1 COMMENT='greylist';

CREATE TABLE IF NOT EXISTS whitelist (
  mail char(242) NOT NULL default '',
  comment char(242) NOT NULL default '',
  PRIMARY KEY (mail)
) ENGINE=InnoDB CHARSET=latin1;

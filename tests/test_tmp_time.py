import time
def test_x(as_):
    for who in ["administrator","worker","trainee"]:
        c=as_(who)
        for u in ["/","/novita/","/admin/","/admin/pages/","/admin/reports/site-history/","/admin/choose-page/","/rubrica/","/cerca/?q=protocollo","/protocolli/","/admin/images/","/admin/users/"]:
            t=time.time(); r=c.get(u); print(who,u,r.status_code,round((time.time()-t)*1000))
            t=time.time(); r=c.get(u); print(who,u,r.status_code,round((time.time()-t)*1000))
